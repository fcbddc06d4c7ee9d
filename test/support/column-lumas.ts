import { runTool, testFfmpeg } from './run-tool.ts'

/** Mean brightness of each column of the first picture. */
export async function columnLumas(media: Buffer, width: number, height: number): Promise<number[]> {
  const args = '-v error -i pipe:0 -map 0:v -frames:v 1 -f rawvideo -pix_fmt gray -'.split(' ')
  const { stdout: frame } = await runTool(testFfmpeg, args, media)
  return Array.from({ length: width }, (_, x) => {
    let sum = 0
    for (let y = 0; y < height; y += 1) sum += frame[y * width + x] ?? 0
    return sum / height
  })
}
