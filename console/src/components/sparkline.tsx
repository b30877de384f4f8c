type SparklineProps = { values: number[]; label: string; shape?: "line" | "bars"; className?: string };
const WIDTH = 120;
const HEIGHT = 28;

/** Seven days in a small box: shape only, the figure beside it is the number. */
export function Sparkline({ values, label, shape = "line", className = "text-accent" }: SparklineProps) {
  // Nothing to see in two samples, or in a week of zeros.
  if (values.length < 2 || values.every((value) => value === 0)) return null;
  const top = Math.max(...values, 1);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={`h-7 w-30 ${className}`}
    >
      {shape === "line" ? <Line values={values} top={top} /> : <Bars values={values} top={top} />}
    </svg>
  );
}

function Line({ values, top }: { values: number[]; top: number }) {
  const step = WIDTH / (values.length - 1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${yOf(value, top).toFixed(1)}`);
  return (
    <>
      <polygon
        points={`0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`}
        fill="currentColor"
        opacity="0.12"
      />
      <polyline
        points={points.join(" ")}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </>
  );
}

function Bars({ values, top }: { values: number[]; top: number }) {
  const slot = WIDTH / values.length;
  return values.map((value, index) => (
    <rect
      // biome-ignore lint/suspicious/noArrayIndexKey: a day's place in the week is its identity
      key={index}
      x={index * slot + slot * 0.15}
      width={slot * 0.7}
      y={value > 0 ? yOf(value, top) : HEIGHT - 1}
      height={value > 0 ? HEIGHT - yOf(value, top) : 1}
      rx="1"
      fill="currentColor"
      opacity={value > 0 ? 0.85 : 0.3}
    />
  ));
}

function yOf(value: number, top: number): number {
  return HEIGHT - 2 - (value / top) * (HEIGHT - 4);
}
