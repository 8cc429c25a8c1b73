/** `sindri-dev-1706745600`: the prefix and the second it was asked for. */
export function releaseName(imageName: string, at: number): string {
  return `${imageName}-${Math.floor(at / 1000)}`
}
