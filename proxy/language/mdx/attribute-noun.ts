/**
 * Whether a name is what attributes are called, rather than a value of one: `[Media Type]`, `[Month]`, `[Fødselsår]`.
 *
 * It speaks last, and only of names that would else be taken for a member. Words that values end in as well (Mexico City,
 * a company's Group) stand for an attribute only where they are the whole name.
 */
export const isAttributeNoun = (part: string): boolean => ENDING.test(part) || WHOLE.test(part)

const ENDING = new RegExp(
  String.raw`(?:type|name|code|number|category|status|gender|date|month|quarter|(?:^\[|[ _-])(?:year|week|hour|id|nr|no)|
  navn|kode|nummer|kategori|køn|dato|måned|kvartal|år|(?:^\[|[ _-])uge|cpr|cvr)\]$`.replaceAll(/\s{2,}/g, ''),
  'i',
)

const WHOLE =
  /^\[(?:group|class|country|region|state|city|district|age|colou?r|size|day|gruppe|klasse|land|kommune|by|alder|dag)\]$/i
