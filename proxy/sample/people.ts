/**
 * The persons of the sample BI server. All invented: each number is well formed, but its year and seventh digit say a
 * birth between 2040 and 2057, and it fails modulus 11 as well, so it can be nobody's.
 */
export interface Person {
  readonly cpr: string
  readonly name: string
  readonly sex: 'Kvinde' | 'Mand'
  readonly district: string
}

/** The districts of each municipality. More persons live in the first than the threshold of 20 (D29). */
export const DISTRICTS: Readonly<Record<string, readonly string[]>> = {
  Nordlunde: ['Bymidten', 'Engparken', 'Havnekvarteret'],
  Søndervæld: ['Ærtebjerg & omegn', 'Skovbrynet', 'Østre Å'],
}

const ROWS: readonly (readonly [cpr: string, name: string, sex: Person['sex'], district: string])[] = [
  ['1303558992', 'Åse Prøvesen', 'Kvinde', 'Bymidten'],
  ['1103496501', "Søren O'Tænkt", 'Mand', 'Bymidten'],
  ['1905405831', 'Niels Æventyrsen', 'Mand', 'Bymidten'],
  ['2801525224', 'Hjørdis Opdigtsen', 'Kvinde', 'Bymidten'],
  ['2508408295', 'Palle Påfundsen', 'Mand', 'Bymidten'],
  ['1403427127', 'Troels Æventyrsen', 'Mand', 'Bymidten'],
  ['1102438423', 'Rasmus Opdigtsen', 'Mand', 'Bymidten'],
  ['1109418355', 'Esben Opdigtsen', 'Mand', 'Bymidten'],
  ['2512425581', 'Dines Nogenhøj', 'Mand', 'Bymidten'],
  ['0109505012', 'Ida & Bo Fantasø', 'Kvinde', 'Engparken'],
  ['2209466538', 'Ragnhild Attrapgård', 'Kvinde', 'Engparken'],
  ['2505565911', 'Lars Prøvesen', 'Mand', 'Engparken'],
  ['1111425106', 'Dorthe Modelgård', 'Kvinde', 'Engparken'],
  ['2605417201', 'Rasmus Skabelonsen', 'Mand', 'Engparken'],
  ['2308496429', 'Jørgen Æventyrsen', 'Mand', 'Engparken'],
  ['1602536096', 'Vibe Prøvesen', 'Kvinde', 'Engparken'],
  ['2605496747', 'Søren Fantasø', 'Mand', 'Engparken'],
  ['2806466549', 'Gorm Kulissebæk', 'Mand', 'Engparken'],
  ['1012535324', "Tove O'Tænkt", 'Kvinde', 'Engparken'],
  ['0210515781', 'Gorm Prøvesen', 'Mand', 'Havnekvarteret'],
  ['1811506368', 'Kirsten Skabelonsen', 'Kvinde', 'Havnekvarteret'],
  ['1307527466', 'Birgit Fantasø', 'Kvinde', 'Havnekvarteret'],
  ['0312448798', 'Dorthe Prøvesen', 'Kvinde', 'Havnekvarteret'],
  ['2510437002', 'Lærke Nogenhøj', 'Kvinde', 'Havnekvarteret'],
  ['0211435967', 'Ægir Æventyrsen', 'Mand', 'Havnekvarteret'],
  ['1604485016', 'Bodil Fantasø', 'Kvinde', 'Havnekvarteret'],
  ['2804556777', 'Esben Æventyrsen', 'Mand', 'Havnekvarteret'],
  ['1711457843', 'Ægir Øjvind Nogenhøj', 'Mand', 'Ærtebjerg & omegn'],
  ['1209556538', 'Birgit Opdigtsen', 'Kvinde', 'Ærtebjerg & omegn'],
  ['2003416978', 'Mette Modelgård', 'Kvinde', 'Ærtebjerg & omegn'],
  ['0102458414', 'Åse Påfundsen', 'Kvinde', 'Ærtebjerg & omegn'],
  ['1005526106', 'Bodil Påfundsen', 'Kvinde', 'Ærtebjerg & omegn'],
  ['0407516984', 'Jytte Skabelonsen', 'Kvinde', 'Ærtebjerg & omegn'],
  ['2508458467', "Søren O'Tænkt", 'Mand', 'Skovbrynet'],
  ['2807456552', 'Hjørdis Æventyrsen', 'Kvinde', 'Skovbrynet'],
  ['2107528287', "Niels O'Tænkt", 'Mand', 'Skovbrynet'],
  ['0106408133', 'Hjalmar Påfundsen', 'Mand', 'Skovbrynet'],
  ['0103455622', 'Ragnhild Skabelonsen', 'Kvinde', 'Skovbrynet'],
  ['0311436029', 'Lars Modelgård', 'Mand', 'Skovbrynet'],
  ['2103415265', 'Esben Modelgård', 'Mand', 'Østre Å'],
  ['2604548924', 'Jytte Fantasø', 'Kvinde', 'Østre Å'],
  ['1905466532', 'Gry Opdigtsen', 'Kvinde', 'Østre Å'],
  ['1911576303', 'Lars Skabelonsen', 'Mand', 'Østre Å'],
  ['0110555420', 'Oda Modelgård', 'Kvinde', 'Østre Å'],
]

export const PEOPLE: readonly Person[] = ROWS.map(([cpr, name, sex, district]) => ({ cpr, name, sex, district }))
