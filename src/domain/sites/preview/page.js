'use strict';
(() => {
  const base = location.pathname.replace(/[^/]*$/, '');
  const el = (id) => document.getElementById(id);
  const frame = el('frame');
  const MOST = 300;
  const UP = new Set(['answering', 'ok']);
  let rev = 0;
  let site = null;
  let server = null;
  let pages = { list: [], selected: '/' };
  let log = { lines: [] };
  let here = null; // the address in the frame
  let wanted = null; // the one it was sent to
  let sound = null; // the last one that could be read there
  let foreign = null; // where it went, when that is not the site
  let matter = null; // what is known of a page that cannot be read
  let run = null; // which run of the server the frame shows
  let width = 'full';
  let remembered = null;

  // Data is only ever text: a title, a path and a line of a log may say anything.
  const say = (node, text) => {
    if (node.textContent !== text) node.textContent = text;
  };
  const show = (node, on) => {
    if (node.hidden === on) node.hidden = !on;
  };
  const make = (name, text, kind) => {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  const link = (node, url) => {
    if (url) node.setAttribute('href', url);
    else node.removeAttribute('href');
  };

  // Whether it names the site by its own port, not by that of the preview.
  const LOOPS = new Set(['localhost', '127.0.0.1', '[::1]']);
  const isOwn = (url) =>
    Boolean(server && server.port) && url.protocol === 'http:' && LOOPS.has(url.hostname) && url.port === String(server.port);
  const ownPath = (text) => {
    try {
      return isOwn(new URL(text)) ? within(text) : null;
    } catch {
      return null;
    }
  };
  // An address of the site, or null for anything else.
  const within = (text) => {
    let url;
    try {
      url = new URL(text, location.origin + '/');
    } catch {
      return null;
    }
    const other = (url.origin !== location.origin && !isOwn(url)) || url.pathname.startsWith('/__taskrun/');
    return other ? null : url.pathname + url.search + url.hash;
  };
  const bare = (path) => {
    let name = path.replace(/[?#].*$/, '');
    try {
      name = decodeURI(name);
    } catch {
      // As it is, then.
    }
    return name.length > 1 ? name.replace(/\/+$/, '') : name;
  };
  const pageAt = (path) => pages.list.find((page) => page.open !== null && bare(page.open) === bare(path));

  // The frame.
  const clear = () => {
    foreign = null;
    matter = null;
  };
  const go = (text) => {
    const path = within(text);
    if (path === null) return false;
    strayed('');
    wanted = path;
    clear();
    if (server && UP.has(server.state)) load(path);
    else settle(path);
    return true;
  };
  const load = (path) => {
    run = server.run;
    show(frame, true);
    try {
      // In its own history, so that going back goes back in the site.
      if (frame.contentWindow.location.href === 'about:blank') frame.contentWindow.location.replace(path);
      else frame.contentWindow.location.assign(path);
    } catch {
      frame.src = path;
    }
    settle(path);
  };
  const reload = () => {
    if (!server || !UP.has(server.state)) return;
    clear();
    try {
      if (frame.contentWindow.location.href !== 'about:blank') {
        frame.contentWindow.location.reload();
        return;
      }
    } catch {
      // It is not in the site any more.
    }
    go(here || wanted || '/');
  };
  const settle = (path) => {
    here = path;
    keep();
    const address = el('address');
    if (document.activeElement !== address && address.value !== path) address.value = path;
    mark();
    const url = server && server.url ? new URL(path, server.url).href : null;
    link(el('open'), url);
    veil();
  };
  // What leads to the site by its own address stays in the preview.
  const tended = new WeakSet();
  let aimed = null;
  const tend = (inner, text) => {
    if (tended.has(text)) return;
    tended.add(text);
    const adjust = (node, name) => {
      const path = node && typeof node[name] === 'string' && (node.target || '_self') === '_self' ? ownPath(node[name]) : null;
      if (path !== null) node.setAttribute(name, path);
    };
    inner.addEventListener('click', (event) => {
      const [first] = event.composedPath();
      if (first && first.closest) adjust(first.closest('a[href], area[href]'), 'href');
    }, true);
    inner.addEventListener('submit', (event) => adjust(event.target, 'action'), true);
    const meta = text.querySelector('meta[http-equiv="refresh" i]');
    const refresh = meta && /^[^;,]*[;,]\s*(?:url\s*=\s*)?["']?([^"']*)/i.exec(meta.content);
    aimed = refresh ? ownPath(refresh[1].trim()) : null;
    if (!inner.navigation) return;
    inner.navigation.addEventListener('navigate', (event) => {
      const path = ownPath(event.destination.url);
      if (path === null || event.formData) return;
      aimed = path;
      if (!event.cancelable) return;
      event.preventDefault();
      setTimeout(() => go(path));
    });
  };
  const look = () => {
    if (document.hidden || frame.hidden) return;
    let href;
    let title = '';
    try {
      href = frame.contentWindow.location.href;
      title = frame.contentDocument.title;
      if (href !== 'about:blank') tend(frame.contentWindow, frame.contentDocument);
    } catch {
      href = null;
    }
    if (href === 'about:blank') return;
    if (href === null) {
      wonder();
      return;
    }
    const path = within(href);
    if (path === null) return;
    if (foreign !== null || matter !== null) {
      clear();
      veil();
    }
    sound = path;
    say(el('title'), title || 'No title');
    if (path !== here) settle(path);
    remember(path);
  };
  // A page that cannot be read is foreign, or none, or shuts itself off: what the site said to the frame tells which.
  const wonder = async () => {
    if (foreign !== null || matter !== null) return;
    const mine = { kind: null, what: 'This cannot be shown in the frame', why: '' };
    matter = mine;
    try {
      const answer = await fetch(`${base}trouble`, { cache: 'no-store' });
      if (answer.ok) Object.assign(mine, await answer.json());
    } catch {
      // Nothing more is known, then.
    }
    if (matter !== mine || foreign !== null) return;
    const shut = mine.kind === 'sandbox';
    if (!shut) foreign = '';
    say(el('title'), shut ? `${mine.what}. ${mine.why}` : '');
    veil();
  };
  const remember = (path) => {
    const page = pageAt(path);
    if (!page || page.open === remembered) return;
    remembered = page.open;
    post('page', page.open).catch(() => {});
  };
  document.addEventListener('securitypolicyviolation', (event) => {
    if (!event.effectiveDirective.startsWith('frame-src')) return;
    const path = ownPath(event.blockedURI);
    if (path !== null) {
      // Only its origin is told here.
      go(aimed || path);
      return;
    }
    foreign = /^https?:/.test(event.blockedURI) ? event.blockedURI : '';
    matter = null;
    say(el('title'), '');
    veil();
  });

  // An error without the lines of the log that are quoted in it: the log is shown beside.
  const brief = (error) => (error || '').split('\n').filter((line) => !line.startsWith('  ')).join('\n');

  // What stands in the frame's place when there is nothing to show in it.
  const veil = () => {
    const up = server !== null && UP.has(server.state);
    const on = !up || foreign !== null || frame.hidden;
    show(el('veil'), on);
    if (!on) return;
    const act = el('act');
    const away = el('away');
    let button = null;
    let what = 'Connecting';
    let why = '';
    let tail = false;
    link(away, foreign);
    show(away, Boolean(foreign));
    if (server && up && foreign !== null) {
      what = matter ? matter.what : 'This leads away from the site';
      why = matter ? matter.why : (foreign ? foreign + ' ' : 'It ') + 'cannot be shown in this frame.';
      button = ['Back to the site', 'back'];
    } else if (server) {
      what = server.words;
      why = brief(server.error) || server.more || '';
      say(el('title'), '');
      tail = log.lines.length > 0;
      if (server.state === 'stopped' && !server.busy) button = ['Start', 'start'];
    }
    say(el('what'), what);
    say(el('why'), why);
    show(act, button !== null);
    if (button) {
      say(act, button[0]);
      act.dataset.act = button[1];
    }
    show(el('tail'), tail);
    if (tail) {
      // It begins with a line's first word: no more of them than there is room for.
      const last = log.lines.slice(-14);
      say(el('tail'), last.join('\n'));
      while (last.length > 1 && el('tail').scrollHeight > el('tail').clientHeight) {
        last.shift();
        say(el('tail'), last.join('\n'));
      }
    }
  };

  // Widths: the frame is as wide as it says, and drawn smaller where that has no room.
  const fit = () => {
    const stage = el('stage');
    const [wide, high] = [stage.clientWidth, stage.clientHeight];
    if (!wide || !high) return;
    const want = width === 'full' ? wide : Number(width);
    const scale = Math.min(1, wide / want);
    frame.style.width = want + 'px';
    frame.style.height = high / scale + 'px';
    frame.style.transform = scale < 1 ? `scale(${scale})` : '';
    stage.classList.toggle('scaled', scale < 1);
    stage.classList.toggle('narrow', width !== 'full' && scale === 1);
    const shown = width === 'full' ? `${wide} px` : `${want} px` + (scale < 1 ? `, drawn at ${Math.round(scale * 100)} %` : '');
    say(el('scale'), shown);
  };
  // Width and place outlive a reload of this page.
  const keep = () => {
    const parts = new URLSearchParams();
    if (width !== 'full') parts.set('w', width);
    if (here !== null) parts.set('at', here);
    const hash = String(parts) === '' ? '' : `#${parts}`;
    if (hash !== location.hash) history.replaceState(null, '', location.pathname + hash);
  };
  const widen = (value) => {
    width = value;
    for (const button of document.querySelectorAll('[data-width]')) {
      button.setAttribute('aria-pressed', String(button.dataset.width === value));
    }
    keep();
    fit();
  };

