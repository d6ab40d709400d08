/** Reads what stands below one `root` of an answer. Depth 1 is its children; `text` is that of a leaf. */
export interface RootReader {
  open(name: string, depth: number, attributes: Readonly<Record<string, string>>): void
  close(name: string, depth: number, text: string): void
  counts(): { readonly rows: number | null; readonly cells: number | null }
}
