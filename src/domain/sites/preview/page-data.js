  // Pages.
  const drawPages = () => {
    const query = el('find').value.trim().toLowerCase();
    const hit = (page) => [page.path, page.title, page.open, page.file].some((text) => text && text.toLowerCase().includes(query));
    const hits = query ? pages.list.filter(hit) : pages.list;
    say(el('count'), query ? `${hits.length} of ${pages.list.length}` : String(pages.list.length));
    const focused = document.activeElement && document.activeElement.dataset.page;
    const items = hits.slice(0, MOST).map((page) => {
      const item = make('li');
      const button = make('button', page.path);
      button.type = 'button';
      button.dataset.page = page.path;
      if (page.title) button.append(make('small', page.title));
      if (page.kind === 'dynamic' && page.open) button.append(make('small', `as ${page.open}`));
      if (page.open === null) {
        button.disabled = true;
        button.append(make('small', page.hint || 'This cannot be opened.'));
      } else {
        button.addEventListener('click', () => {
          go(page.open);
          view('preview');
        });
      }
      item.append(button);
      return item;
    });
    el('pages').replaceChildren(...items);
    if (focused) {
      const again = items.map((item) => item.firstChild).find((button) => button.dataset.page === focused);
      if (again) again.focus();
    }
    const none = pages.error || (pages.list.length === 0 ? 'No pages are known. Any address can be typed above the frame.' : hits.length === 0 ? 'No page is like that.' : '');
    const more = hits.length > MOST ? `${hits.length - MOST} more: find them by typing above.` : '';
    say(el('nopages'), none || more);
    show(el('nopages'), Boolean(none || more));
    const options = pages.list.map((page) => {
      const text = page.open === null ? `${page.path} (${page.kind === 'api' ? 'no page' : 'needs an example'})` : page.title ? `${page.path} – ${page.title}` : page.path;
      const option = make('option', text);
      option.value = page.open === null ? '' : page.open;
      option.disabled = page.open === null;
      return option;
    });
    el('select').replaceChildren(...options);
    mark();
  };
  const mark = () => {
    const select = el('select');
    const page = here === null ? undefined : pageAt(here);
    for (const button of el('pages').querySelectorAll('button')) {
      if (page && button.dataset.page === page.path) button.setAttribute('aria-current', 'page');
      else button.removeAttribute('aria-current');
    }
    const strange = select.querySelector('[data-strange]');
    if (strange) strange.remove();
    if (page) {
      select.value = page.open;
    } else if (here !== null) {
      const option = make('option', here);
      option.value = here;
      option.dataset.strange = '';
      select.prepend(option);
      select.value = here;
    }
  };

  // Tasks.
  const drawTasks = (tasks) => {
    const items = tasks.list.map((task) => {
      const item = make('li');
      item.dataset.glyph = task.glyph;
      item.dataset.depth = String(Math.min(task.depth, 2));
      const glyph = make('span', task.glyph, 'glyph');
      glyph.setAttribute('role', 'img');
      glyph.setAttribute('aria-label', task.words);
      glyph.title = task.words;
      const text = make('span', undefined, 'text');
      text.append(make('span', task.id, 'id'), task.title);
      item.append(glyph, text);
      if (task.count !== null) item.append(make('span', `[${task.count}]`, 'number'));
      return item;
    });
    el('tasks').replaceChildren(...items);
    say(el('done'), tasks.total ? `${tasks.done} of ${tasks.total} done` : '');
    say(el('epic'), tasks.epic ? `${tasks.epic.id} ${tasks.epic.title}` : '');
    show(el('epic'), Boolean(tasks.epic));
    for (const id of ['budget', 'money']) {
      say(el(id), tasks.budget || '');
      show(el(id), Boolean(tasks.budget));
    }
    const none = tasks.error || (items.length === 0 ? 'No tasks.' : tasks.more ? `${tasks.more} more: taskrun beads list` : '');
    say(el('notasks'), none);
    show(el('notasks'), Boolean(none));
  };

  // The server.
  const drawServer = () => {
    document.body.dataset.state = server.error && server.state === 'stopped' ? 'failed' : server.state;
    say(el('words'), server.words);
    show(el('served'), Boolean(server.url));
    say(el('server'), (server.url || '').replace('http://', ''));
    link(el('server'), server.url);
    say(el('whose'), server.adopted ? ' (started by somebody else)' : '');
    const stopped = server.state === 'stopped';
    el('start').disabled = Boolean(server.busy) || !stopped;
    el('restart').disabled = Boolean(server.busy) || stopped || server.adopted;
    el('stop').disabled = Boolean(server.busy) || stopped || server.adopted;
    say(el('trouble'), brief(server.error));
    show(el('trouble'), Boolean(server.error));
    if (UP.has(server.state)) {
      if (run !== server.run) load(here || wanted || pages.selected || '/');
    } else {
      run = null;
    }
    if (here !== null) settle(here);
    else veil();
  };
  const drawLog = () => {
    const pane = el('log');
    const end = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 30;
    say(pane, (log.cut ? '…\n' : '') + log.lines.join('\n'));
    if (end) pane.scrollTop = pane.scrollHeight;
    sayLast();
  };
  const sayLast = () => {
    const folded = document.querySelector('.logbox').classList.contains('folded');
    say(el('last'), folded && log.lines.length ? log.lines[log.lines.length - 1] : '');
  };

  const take = (news) => {
    rev = news.rev;
    if (news.site) {
      site = news.site;
      say(el('name'), site.name);
      document.title = `${site.name} – preview`;
      say(el('path'), site.path);
      say(el('stack'), site.stack || 'unknown');
      say(el('workspace'), site.workspace);
    }
    if (news.pages) {
      pages = news.pages;
      if (remembered === null) remembered = pages.selected;
      if (here === null) settle(within(pages.selected) || '/');
      drawPages();
    }
    if (news.log) log = news.log;
    if (news.tasks) drawTasks(news.tasks);
    if (news.server) {
      server = news.server;
      drawServer();
    }
    if (news.log) {
      drawLog();
      if (!news.server) veil();
    }
  };

  // News come when there are some: the server holds the question until then.
  const sleep = (time) => new Promise((done) => setTimeout(done, time));
  const seen = () =>
    document.hidden ? new Promise((done) => document.addEventListener('visibilitychange', done, { once: true })) : null;
  // An address that is none of the site's: said until the next one that is.
  const strayed = (text) => {
    say(el('strayed'), text);
    show(el('strayed'), text !== '');
  };
  const lost = (text) => {
    say(el('lost'), text);
    show(el('lost'), text !== '');
  };
  // Without the preview nothing is known of the server, and nothing can be asked of it.
  const gone = (text) => {
    lost(text);
    document.body.dataset.state = 'unknown';
    say(el('words'), 'No preview');
    for (const id of ['start', 'restart', 'stop', 'act']) el(id).disabled = true;
  };
  const follow = async () => {
    let failures = 0;
    for (;;) {
      await seen();
      try {
        const answer = await fetch(`${base}state?since=${rev}`, { cache: 'no-store' });
        if (answer.status === 403 || answer.status === 404) {
          gone('This preview has ended. Open the address that “taskrun site preview” prints now.');
          rev = 0;
          await sleep(5000);
          continue;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        const news = await answer.json();
        el('act').disabled = false;
        take(news);
        failures = 0;
        lost('');
        await sleep(news.again || 100);
      } catch {
        failures += 1;
        if (failures > 1) gone('The preview does not answer: is “taskrun site preview” still running? It is tried again by itself.');
        rev = 0;
        await sleep(Math.min(failures, 5) * 1000);
      }
    }
  };
  const post = async (what, body) => {
    const answer = await fetch(base + what, { method: 'POST', body: body || '' });
    if (!answer.ok) throw new Error(await answer.text());
  };
  const order = (what) => {
    post(what).catch((error) => {
      say(el('trouble'), error.message);
      show(el('trouble'), true);
    });
  };

  const view = (name) => {
    document.body.dataset.view = name;
    for (const button of document.querySelectorAll('[data-show]')) {
      button.setAttribute('aria-pressed', String(button.dataset.show === name));
    }
    fit();
    el('log').scrollTop = el('log').scrollHeight;
  };
  const fold = () => {
    const on = document.querySelector('.logbox').classList.toggle('folded');
    el('fold').setAttribute('aria-expanded', String(!on));
    sayLast();
    fit();
  };

  for (const button of document.querySelectorAll('[data-show]')) button.addEventListener('click', () => view(button.dataset.show));
  for (const button of document.querySelectorAll('[data-width]')) button.addEventListener('click', () => widen(button.dataset.width));
  for (const name of ['start', 'restart', 'stop']) el(name).addEventListener('click', () => order(name));
  el('act').addEventListener('click', () => {
    if (el('act').dataset.act === 'start') order('start');
    else go(sound || '/');
  });
  el('reload').addEventListener('click', reload);
  el('fold').addEventListener('click', fold);
  el('find').addEventListener('input', drawPages);
  el('find').addEventListener('keydown', (event) => {
    const first = el('pages').querySelector('button:not(:disabled)');
    if (event.key === 'ArrowDown' && first) {
      event.preventDefault();
      first.focus();
    } else if (event.key === 'Enter' && first) {
      first.click();
      (first.offsetParent === null ? frame : first).focus();
    }
  });
  el('pages').addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...el('pages').querySelectorAll('button:not(:disabled)')];
    const next = all[all.indexOf(document.activeElement) + step];
    (next || (step < 0 ? el('find') : all[all.length - 1])).focus();
  });
  el('select').addEventListener('change', () => go(el('select').value));
  el('goto').addEventListener('submit', (event) => {
    event.preventDefault();
    const address = el('address');
    address.blur();
    if (!go(address.value.trim() || '/')) {
      strayed('Only an address of this site can be shown in the frame.');
      address.value = here || '/';
    }
  });
  frame.addEventListener('load', () => {
    if (foreign === null) matter = null;
    look();
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest('input, select, textarea');
    if (field) {
      if (event.key === 'Escape') {
        if (field === el('address')) field.value = here || '/';
        if (field === el('find') && field.value) {
          event.preventDefault();
          field.value = '';
          drawPages();
        }
        field.blur();
      }
      return;
    }
    const keys = {
      '/': () => {
        if (getComputedStyle(el('find')).display === 'none' || el('find').offsetParent === null) view('pages');
        el('find').focus();
        el('find').select();
      },
      a: () => {
        view('preview');
        el('address').focus();
        el('address').select();
      },
      r: reload,
      o: () => el('open').click(),
      l: fold,
      1: () => widen('390'),
      2: () => widen('768'),
      3: () => widen('1280'),
      4: () => widen('full'),
    };
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  new ResizeObserver(fit).observe(el('stage'));
  setInterval(look, 400);
  const kept = new URLSearchParams(location.hash.slice(1));
  if (kept.has('at')) here = within(kept.get('at'));
  widen(['390', '768', '1280'].includes(kept.get('w')) ? kept.get('w') : 'full');
  if (here !== null) settle(here);
  follow();
})();
