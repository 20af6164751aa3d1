/// Script of the page, which its Content-Security-Policy allows by the hash.
///
/// It sorts, filters and zooms what stands in the page, and holds no data of its own.
enum PageScript {
  static var text: String { source.description }

  static let source: StaticString = #"""
    'use strict';
    (() => {
    const $ = (s, e) => (e || document).querySelector(s), $$ = (s, e) => [...(e || document).querySelectorAll(s)];
    document.body.classList.add('on');

    // Most of a large page is in <noscript>, where it is plain text until it is wanted: so the page opens at once, and is whole without
    // a script.
    const unfold = element => {
      const folded = $('noscript', element);
      if (!folded) return;
      const template = document.createElement('template');
      template.innerHTML = folded.textContent;
      folded.replaceWith(template.content);
    };

    // The table of connections: rows stand in several tables, which the browser lays out when they come into view.
    const grid = $('.grid'), size = +grid.dataset.chunk, chunks = $$('.chunk'), texts = new Map();
    let bodies, rows, order, from = -Infinity, to = Infinity;
    const load = () => {
      if (rows) return;
      chunks.forEach(unfold);
      bodies = $$('.chunk tbody');
      rows = bodies.flatMap(body => [...body.rows]);
      order = rows.slice();
    };
    const idle = window.requestIdleCallback || (act => setTimeout(act, 20));
    const next = i => { if (i < chunks.length && !rows) { unfold(chunks[i]); idle(() => next(i + 1)); } };
    idle(() => next(0));
    const filter = $('#filter'), count = $('#count'), clear = $('#clear');
    const all = grid.dataset.rows + (grid.dataset.rows === '1' ? ' row' : ' rows');
    const text = row => {
      if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
      return texts.get(row);
    };
    const place = () => {
      load();
      const words = (filter ? filter.value : '').toLowerCase().split(/\s+/).filter(Boolean);
      const shown = order.filter(row => {
        if (+row.dataset.e < from || +row.dataset.s > to) return false;
        const kinds = (row.dataset.k || '').split(' ');
        return words.every(w => w.startsWith('is:') ? kinds.includes(w.slice(3)) : text(row).includes(w));
      });
      bodies.forEach((body, i) => {
        body.replaceChildren(...shown.slice(i * size, (i + 1) * size));
        body.closest('.chunk').hidden = i * size >= shown.length && i > 0;
      });
      if (count) count.textContent = shown.length === rows.length ? all : shown.length + ' of ' + all;
    };
    const units = {'\u00b5s': 1e-6, ms: 1e-3, s: 1};
    const value = (row, column) => {
      const cell = row.cells[column];
      if (column === 4) return +row.dataset.s;
      const words = cell.textContent.trim();
      if (column === 8) return value(row, 6) + value(row, 7);
      if (column === 5 || column === 9) {
        const unit = words.match(/[^\d.\s]*$/)[0];
        return words ? parseFloat(words.replace(/[^\d.]/g, '')) * (units[unit] || 1) : -1;
      }
      if (column === 0 || column > 5 && column < 14) return words ? parseFloat(words.replace(/[^\d.]/g, '')) : 0;
      return words.toLowerCase();
    };
    $$('.first th').forEach((head, column) => head.addEventListener('click', () => {
      load();
      const numeric = column === 0 || column > 3 && column < 14;
      const was = head.getAttribute('aria-sort');
      const up = was ? was === 'descending' : !numeric || column === 0 || column === 4;
      $$('.first th').forEach(h => h.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const keys = new Map(rows.map((row, i) => [row, [value(row, column), i]]));
      order = rows.slice().sort((a, b) => {
        const [x, i] = keys.get(a), [y, j] = keys.get(b);
        return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1) || i - j;
      });
      place();
    }));
    let waiting = 0;
    if (filter) filter.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(place, 120); });
    $$('a[data-filter]').forEach(a => a.addEventListener('click', () => { filter.value = a.dataset.filter; place(); }));
    if (count) count.textContent = all;

    // The timeline: a span that is dragged over shows its connections only.
    const line = $('.tl svg'), selection = line && $('.sel', line);
    if (line) {
      const columns = line.viewBox.baseVal.width, start = +line.dataset.start, width = +line.dataset.width;
      const column = e => Math.max(0, Math.min(columns, (e.clientX - line.getBoundingClientRect().left) / line.clientWidth * columns));
      let begin = null;
      const show = (a, b) => { selection.setAttribute('x', Math.min(a, b)); selection.setAttribute('width', Math.abs(a - b)); };
      const select = (a, b) => {
        [from, to] = [start + Math.min(a, b) * width, start + Math.max(a, b) * width];
        clear.hidden = false;
        place();
      };
      line.addEventListener('pointerdown', e => { begin = column(e); line.setPointerCapture(e.pointerId); });
      line.addEventListener('pointermove', e => { if (begin !== null) show(begin, column(e)); });
      line.addEventListener('pointerup', e => {
        if (begin === null) return;
        let [a, b] = [begin, column(e)];
        begin = null;
        if (Math.abs(a - b) < columns / 400) [a, b] = [Math.floor(a), Math.floor(a) + 1];
        show(a, b);
        select(a, b);
      });
      line.addEventListener('pointercancel', () => { begin = null; });
      clear.addEventListener('click', () => { [from, to] = [-Infinity, Infinity]; show(0, 0); clear.hidden = true; place(); });
    }

    // Objects.
    const kinds = $('#kinds'), objects = $$('#objecttable tbody tr'), objectCount = $('#objectcount');
    const pick = () => {
      let shown = 0;
      for (const row of objects) {
        row.hidden = kinds.value !== '' && !(row.dataset.k || '').split(' ').includes(kinds.value);
        if (!row.hidden) shown++;
      }
      objectCount.textContent = shown + ' of ' + objects.length;
    };
    if (kinds) { kinds.addEventListener('change', pick); pick(); }

    // A link to a connection opens it.
    const open = () => {
      const target = /^#c\d+$/.test(location.hash) && document.getElementById('d' + location.hash.slice(2));
      if (target) { target.open = true; target.scrollIntoView(); }
    };
    addEventListener('hashchange', open);
    open();

    document.addEventListener('click', event => {
      const button = event.target.closest('.copy');
      if (!button) return;
      const range = document.createRange(), code = button.parentNode.querySelector('code');
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      const done = () => { button.textContent = 'Copied'; };
      if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, () => document.execCommand('copy') && done());
      else if (document.execCommand('copy')) done();
    });

    // Graphs: the wheel with Ctrl, and the buttons, zoom; a drag moves.
    const W = 20000, H = 10000;
    const digits = n => (n < 0 ? '\u2212' : '') + Math.abs(Math.round(n)).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
    const seconds = us => us < 1e3 ? +us.toPrecision(3) + ' \u00b5s' : us < 1e6 ? +(us / 1e3).toPrecision(4) + ' ms' : +(us / 1e6).toPrecision(5) + ' s';
    const graph = figure => {
      const svg = $('svg', figure), plot = $('.plot', svg), [t, y0, y1] = ['t', 'y0', 'y1'].map(k => +svg.dataset[k]);
      let box = [0, 0, W, H];
      const draw = () => {
        const [x, y, w, h] = box;
        plot.setAttribute('viewBox', box.join(' '));
        for (const l of $$('.letters text', svg)) {
          const [a, b] = [(l.dataset.x - x) / w, (l.dataset.y - y) / h];
          l.setAttribute('x', a * 100 + '%');
          l.setAttribute('y', b * 100 + '%');
          l.setAttribute('visibility', a < 0 || a > 1 || b < 0 || b > 1 ? 'hidden' : 'visible');
        }
        for (const b of $$('.bands rect', svg)) {
          b.setAttribute('y', (b.dataset.a - y) / h * 100 + '%');
          b.setAttribute('height', Math.max(.3, (b.dataset.b - b.dataset.a) / h * 100) + '%');
        }
        const offsets = [0, 1, 2, 3, 4].map(i => digits(Math.floor(y1 - (y + h * i / 4) / H * (y1 - y0))));
        $$('.scale .y', svg).forEach((l, i) => { l.textContent = i && offsets[i] === offsets[i - 1] ? '' : offsets[i]; });
        $$('.scale .t', svg).forEach((l, i) => { l.textContent = seconds((x + w * (i + 1) / 4) / W * t); });
      };
      const limit = ([x, y, w, h]) => {
        w = Math.min(W, Math.max(W / 5000, w));
        h = Math.min(H, Math.max(H / 5000, h));
        box = [Math.max(0, Math.min(W - w, x)), Math.max(0, Math.min(H - h, y)), w, h];
        draw();
      };
      const zoom = (k, px, py) => {
        const [x, y, w, h] = box;
        limit([x + w * px * (1 - k), y + h * py * (1 - k), w * k, h * k]);
      };
      const buttons = document.createElement('div');
      buttons.className = 'zoom';
      for (const [name, label, act] of [['+', 'Zoom in', () => zoom(.5, .5, .5)], ['\u2212', 'Zoom out', () => zoom(2, .5, .5)],
        ['1:1', 'Show all', () => limit([0, 0, W, H])]]) {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = name;
        button.setAttribute('aria-label', label);
        button.addEventListener('click', act);
        buttons.append(button);
      }
      figure.append(buttons);
      svg.addEventListener('wheel', e => {
        if (!e.ctrlKey) return;
        e.preventDefault();
        const r = svg.getBoundingClientRect();
        zoom(e.deltaY < 0 ? .8 : 1.25, (e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height);
      }, {passive: false});
      let last = null;
      svg.addEventListener('pointerdown', e => { last = [e.clientX, e.clientY]; svg.setPointerCapture(e.pointerId); });
      svg.addEventListener('pointermove', e => {
        if (!last) return;
        const r = svg.getBoundingClientRect(), [x, y, w, h] = box;
        limit([x - (e.clientX - last[0]) / r.width * w, y - (e.clientY - last[1]) / r.height * h, w, h]);
        last = [e.clientX, e.clientY];
      });
      for (const name of ['pointerup', 'pointercancel']) svg.addEventListener(name, () => { last = null; });
    };
    $$('details.one').forEach(one => one.addEventListener('toggle', () => {
      if (!one.open || one.dataset.ready) return;
      one.dataset.ready = '1';
      unfold(one);
      $$('.tsg', one).forEach(graph);
    }));
    })();
    """#
}
