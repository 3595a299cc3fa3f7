/** Text without the passwords of URLs in it: whoever mistypes a flag gets it back in the message, and from there into a log. */
export function withoutPasswords(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/+)[^\s'"`]*@/gi, '$1***@').replace(/(\bpassword=)[^&\s'"`]*/gi, '$1***')
}
