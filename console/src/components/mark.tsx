/** The product's own small mark. */
export function Mark({ className = "size-6" }: { className?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className={className}
      aria-hidden
      fill="none"
      stroke="currentColor"
      strokeWidth="2.25"
    >
      <path
        d="M5.5 5h6.75a7 7 0 0 1 0 14H5.5"
        strokeLinecap="round"
        className="text-accent"
        stroke="currentColor"
      />
      <path d="M5.5 12h7.5" strokeLinecap="round" />
    </svg>
  );
}
