/** What to type. */
export function CommandLine({ children }: { readonly children: string }) {
  return (
    <code class="command" lang="en">
      {children}
    </code>
  );
}
