/** Makes a file as the browser gives it from a folder that is chosen or dropped. */
export const fileAt = (path: string, content: BlobPart = ''): File =>
  Object.defineProperty(new File([content], path.replace(/^.*\//, '')), 'webkitRelativePath', {
    value: path.includes('/') ? path : '',
  });
