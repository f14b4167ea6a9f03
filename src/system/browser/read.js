(async () => {
  const cut = (text, most) => String(text || "").slice(0, most);
  const within = (host, query) => host && host.shadowRoot && host.shadowRoot.querySelector(query);
  const told = (...parts) => parts.map((part) => (part && (part.innerText || part.textContent) || "").trim()).filter(Boolean).join("\n");
  const overlay = () => {
    const vite = document.querySelector("vite-error-overlay");
    if (vite) {
      const part = (query) => within(vite, query);
      return told(part(".message, #message-content"), part(".file, #code header"), part(".frame, #code-content"), part("#hint-content"))
        || told(part("*")) || "an error overlay";
    }
    const next = [...document.querySelectorAll("nextjs-portal")].map((host) => within(host, "[data-nextjs-dialog]")).find(Boolean);
    if (next) return told(next) || "an error overlay";
    for (const name of ["vite-plugin-checker-error-overlay", "rsbuild-error-overlay", "nuxt-error-overlay"]) {
      const host = document.querySelector(name);
      const text = host && host.shadowRoot && told(...[...host.shadowRoot.children].filter((child) => child.tagName !== "STYLE"));
      if (text) return text;
    }
    const framed = document.querySelector("#webpack-dev-server-client-overlay, iframe[style*='2147483647']");
    try {
      const body = framed && framed.contentDocument && framed.contentDocument.body;
      if (body) return told(body) || null;
    } catch { /* of another origin */ }
    const parcel = document.querySelector("#__parcel__error__overlay__");
    return parcel ? told(parcel) || "an error overlay" : null;
  };
  const anchors = [...document.querySelectorAll("a[href], area[href]")].slice(0, 5000).map((anchor) => String(anchor.href));
  const links = [...new Set(anchors.filter((href) => href.startsWith("http") && href.length < 2000))].slice(0, 2000);
  const here = location.href.split("#")[0];
  const missing = (href) => {
    const [page, fragment] = [href.split("#")[0], href.split("#").slice(1).join("#")];
    if (page !== here || !fragment || /^(top$|[\/!]|:~:)/.test(fragment)) return false;
    let name = fragment;
    try { name = decodeURIComponent(fragment); } catch { /* as it stands */ }
    const named = (one) => document.getElementById(one) || document.getElementsByName(one).length;
    return !named(name) && !named(fragment);
  };
  const dangling = links.filter(missing).map((href) => href.slice(href.indexOf("#"))).slice(0, 100);

  // Every element, also those in open shadows; not those of dev tools.
  const tools = /^(vite-error-overlay|vite-plugin-checker-error-overlay|rsbuild-error-overlay|nuxt-error-overlay|nextjs-portal|astro-dev-toolbar)$/;
  const [roots, all] = [[document], []];
  for (const root of roots) {
    for (const element of root.querySelectorAll("*")) {
      if (all.length >= 20000) break;
      if (tools.test(element.localName)) continue;
      all.push(element);
      if (element.shadowRoot) roots.push(element.shadowRoot);
    }
  }
  const boxed = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  };
  const images = all.filter((element) => element.localName === "img");
  const source = (image) => image.currentSrc || image.getAttribute("src") && image.src || "";
  const undrawn = (image) => image.complete && !image.naturalWidth && source(image) && image.getClientRects().length;
  const broken = [];
  const tried = images.filter(undrawn).slice(0, 200)
    .map((image) => image.decode().catch(() => undrawn(image) && broken.push(cut(source(image), 2000))));
  if (tried.length) await Promise.race([new Promise((resolve) => setTimeout(resolve, 1500)), Promise.allSettled(tried)]);

  const shadows = roots.slice(1).flatMap((root) => [...root.children]).filter((child) => !/^(style|script|link)$/.test(child.localName));
  const words = [document.body || document.documentElement, ...shadows].map((part) => cut(part && (part.innerText ?? part.textContent), 50000).trim());
  const readable = words.filter(Boolean).join("\n");
  const pictures = images.map(source).filter((from) => from && !from.startsWith("data:")).slice(0, 100);
  const media = "img, canvas, svg, video, audio, iframe, frame, object, embed, input, select, textarea, button, progress, meter, math";
  const painted = (element) => {
    if (element.matches(media)) return true;
    // What has a closed shadow may show anything.
    if (element.localName.includes("-") && !element.shadowRoot) return true;
    if (getComputedStyle(element).backgroundImage !== "none") return true;
    return ["::before", "::after"].some((part) => !/^(none|normal|""|'')$/.test(getComputedStyle(element, part).content));
  };
  const html = /^(text\/html|application\/xhtml\+xml)$/.test(document.contentType);
  const blank = html && !readable && !all.slice(0, 5000).some((element) => boxed(element) && painted(element));
  const text = overlay();
  return {
    title: cut(document.title, 500), overlay: text && cut(text, 4000), links, dangling, broken: [...new Set(broken)].slice(0, 50), blank,
    text: [readable, ...pictures].filter(Boolean).join("\n"), url: cut(location.href, 2000),
  };
})()
