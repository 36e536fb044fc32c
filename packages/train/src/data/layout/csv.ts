/** Rows of comma-separated values, with quoted fields, as RFC 4180 has them. Empty lines are skipped. */
export function csvRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  // a field, quoted or plain, and what ends it
  const fields = /(?:"((?:[^"]|"")*)"|((?!")[^,\r\n]*))(,|\r\n|\n|\r|$)/gy
  while (fields.lastIndex < text.length) {
    const at = fields.lastIndex
    const found = fields.exec(text)
    if (!found) throw new Error(`row ${rows.length + 1}: a quote is not closed, or text follows it (byte ${at})`)
    const [, quoted, plain = '', end] = found
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',' && fields.lastIndex < text.length) continue
    if (end === ',') row.push('')
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}
