/** What a server may be called: its name is that of a folder, too. */
export const serverName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
export const serverNameRule = 'expected a name of letters, digits, ".", "_", "-"';
