let made = 0;

/** The payload of a `UserRegistered` that no other call made. */
export function registration(): { email: string; displayName: string } {
  const unique = `${process.pid}-${made++}`;
  return { email: `user-${unique}@example.org`, displayName: `User ${unique}` };
}
