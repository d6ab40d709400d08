/** What the front has to tell its operator: places in the configuration, no addresses (DESIGN.md, invariant 7). */
export type FrontEvent =
  /** New connections get the new certificate. */
  | { readonly kind: 'certificate-renewed' }
  /** The files have changed, and cannot be used: the certificate before stays. */
  | { readonly kind: 'certificate-unusable'; readonly path: string; readonly expected: string }
