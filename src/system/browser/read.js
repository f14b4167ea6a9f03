(() => {
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
  const text = overlay();
  return { title: cut(document.title, 500), overlay: text && cut(text, 4000) };
})()
