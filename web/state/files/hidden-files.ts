/** Files that systems and tools leave in folders, such as `.git`, `.DS_Store` and `desktop.ini`, which no user means to give. */
export const isHidden = (name: string): boolean => /^\.|^(desktop\.ini|thumbs\.db)$/i.test(name);
