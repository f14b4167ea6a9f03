(async () => {
  for (const image of document.querySelectorAll("img[loading=lazy], iframe[loading=lazy]")) image.loading = "eager";
  const images = [...document.images].slice(0, 2000);
  const pause = new Promise((resolve) => setTimeout(resolve, 2000));
  await Promise.race([pause, Promise.allSettled([document.fonts.ready, ...images.map((image) => image.decode())])]);
  for (const animation of document.getAnimations()) {
    try { animation.finish(); } catch { animation.cancel(); }
  }
})()
