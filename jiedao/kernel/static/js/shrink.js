// Scales photos down before they are stored on a phone or uploaded.
const LONGEST = 2000;
const QUALITY = 0.85;

/** Return {file, bad}: a smaller JPEG of a picture, or the file itself; `bad` when the picture cannot be read. */
export async function shrink(file) {
  if (!file.size) return { file, bad: true };
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return { file, bad: false };
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    if (scale === 1 && file.size < 800_000) return { file, bad: false };
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob || blob.size >= file.size) return { file, bad: false };
    const name = file.name.replace(/\.\w+$/, "") + ".jpg";
    return { file: new File([blob], name, { type: "image/jpeg", lastModified: file.lastModified }), bad: false };
  } catch {
    return { file, bad: true };
  }
}
