/** What a person does in the page, step by step, and what is to be seen after each. */
import type { Visit } from './chromium.ts'

export interface Sight {
  readonly step: string
  readonly picture: Buffer
  /** The page's elements and texts. */
  readonly html: string
}

export async function logIn({ page, settled }: Visit, user: string, password: string): Promise<void> {
  await page.fill('[name=user]', user)
  await page.fill('[name=password]', password)
  await page.click('#login button')
  await settled()
}

/** Opens or closes a member of the rows. */
export async function click({ page, settled }: Visit, member: string): Promise<void> {
  await page.click(`button[title="${member}"]`)
  await settled()
}

export async function search({ page, settled }: Visit, name: string): Promise<void> {
  await page.fill('#name', name)
  await page.click('#find')
  await settled()
}

const STEPS: Readonly<Record<string, (visit: Visit) => Promise<void>>> = {
  'a wrong password': (visit) => logIn(visit, 'revisor', 'forkert'),
  'logged in': (visit) => logIn(visit, 'revisor', 'revisor'),
  'a municipality opened': (visit) => click(visit, '[Borger].[Sønderå]'),
  'a district opened, its persons shown': (visit) => click(visit, '[Borger].[Sønderå].[Bymidten]'),
  'one sex only': async ({ page, settled }) => {
    await page.selectOption('#filter', '[Køn].[Kvinde]')
    await settled()
  },
  'another measure': async ({ page, settled }) => {
    await page.click('text=Helårspersoner')
    await settled()
  },
  'the municipality closed': (visit) => click(visit, '[Borger].[Sønderå]'),
  'a person searched for': (visit) => search(visit, 'Søren Testgaard'),
  'a quotation mark that makes the statement a fault': (visit) => search(visit, 'Prøve"sen'),
}

export async function tour(visit: Visit): Promise<Sight[]> {
  const sights: Sight[] = []
  for (const [step, act] of Object.entries(STEPS)) {
    await act(visit)
    sights.push({ step, picture: await visit.page.screenshot(), html: await visit.page.innerHTML('body') })
  }
  return sights
}
