/** Six digits and four, together or parted, no part of a longer number; the eighth and ninth may be letters. */
export const PERSON = /(?<![0-9.,])[0-9]{6}[- \u00a0–]?(?:[0-9]{4}|[0-9][A-Za-z]{2}[0-9])(?![0-9])/g
