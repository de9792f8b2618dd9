type Span = Readonly<{ from: number; to: number | null }>

/** While a point stood still, what it said was uncertain: known only afterwards, and true from its last real change on. */
export function doubted<Bucket extends Readonly<{ t: number; quality: 'good' | 'uncertain' | 'bad' | null }>>(
  buckets: readonly Bucket[],
  stuck: readonly Span[],
  widthMs: number,
): readonly Bucket[] {
  if (stuck.length === 0) return buckets
  const isStuck = (t: number) => stuck.some(({ from, to }) => t + widthMs > from && (to === null || t < to))
  return buckets.map((bucket) =>
    bucket.quality === 'good' && isStuck(bucket.t) ? { ...bucket, quality: 'uncertain' } : bucket,
  )
}
