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
  const text = overlay();
  return { title: cut(document.title, 500), overlay: text && cut(text, 4000), links, dangling };
})()
