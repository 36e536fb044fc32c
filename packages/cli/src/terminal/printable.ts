/** Names from files and addresses must not steer the terminal; colours, which are ours, stay. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replaceAll(/(\u001b\[\d+m)|[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (_, color = '\ufffd') => color)
