/// Style of the page, which its Content-Security-Policy allows by the hash.
enum PageStyle {
  static var text: String { source.description }

  static let source: StaticString = #"""
    :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5b6470;--line:#d5dae1;--soft:#f4f6f8;--link:#0b57b0;--c:#2166ac;--s:#8a5a00;
    --area-s:#d9a441;--good:#1a7f37;--bad:#b42318;--warn:#b54708;--r:#d1242f;--o:#e07b00;--a:#1a7f37;--w:#9a8a2a;--k:#8250df;--x:#c11574;--g:#6e7781}
    @media(prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e3e8ee;--dim:#98a3b0;--line:#2d3640;--soft:#182029;--link:#6cb2ff;--c:#5aa9f0;
    --s:#e0b050;--area-s:#c99a3c;--good:#4cc26c;--bad:#ff7b72;--warn:#f0a35e;--r:#ff6b70;--o:#f59a3c;--a:#4cc26c;--w:#c9b957;--k:#b392f0;
    --x:#f778ba;--g:#8b949e}}
    *{box-sizing:border-box}
    html{scroll-padding-top:3.2rem}
    body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}
    .defs{position:absolute}
    header{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;align-items:baseline;padding:.5rem 1.2rem;
    background:var(--bg);border-bottom:1px solid var(--line)}
    .brand{font-weight:700}
    nav{display:flex;flex-wrap:wrap;gap:.1rem .9rem}
    main{max-width:1800px;margin:0 auto;padding:0 1.2rem 3rem}
    section{padding-top:1.2rem}
    h1{font-size:1.5rem;line-height:1.25;margin:.4rem 0}
    h2{font-size:1.2rem;margin:.6rem 0;border-bottom:1px solid var(--line)}
    h3{font-size:1rem;margin:1rem 0 .3rem}
    h4{font-size:.95rem;margin:1rem 0 .3rem}
    h4 small,summary small{font-weight:400;color:var(--dim)}
    a{color:var(--link);text-decoration:none}
    a:hover{text-decoration:underline}
    code,pre,td bdi,td a{overflow-wrap:anywhere}
    code,pre{font:12.5px/1.4 ui-monospace,monospace}
    #verdict h1{border-left:.5rem solid var(--bad);padding-left:.7rem}
    #verdict.good h1{border-color:var(--good)}
    table{border-collapse:collapse}
    .facts th{text-align:left;font-weight:600;padding:.12rem .9rem .12rem 0;vertical-align:top;white-space:nowrap}
    .facts td{padding:.12rem .9rem .12rem 0;vertical-align:top;color:var(--fg)}
    .facts td.n,.list td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    .facts caption{text-align:left;font-weight:600}
    .hit td.n,.hit td.n a,.warn{color:var(--bad);font-weight:600}
    .note{color:var(--warn)}
    .wide{overflow-x:auto}
    .tall{max-height:70vh;overflow:auto}
    .list{min-width:100%}
    .list th{text-align:left;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);position:sticky;top:0;background:var(--bg)}
    .list td{padding:.2rem .7rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}
    .list th.n{text-align:right}
    .list td.t{white-space:nowrap}
    .list td.wrap{min-width:14rem;overflow-wrap:anywhere}
    .list td.any{min-width:7rem;overflow-wrap:anywhere}
    .list small{color:var(--dim)}
    .list .hash td{border-bottom:2px solid var(--line);color:var(--dim)}
    .list .hash span{position:sticky;left:0;display:inline-block;max-width:calc(100vw - 1.6rem)}
    .list img{max-width:96px;max-height:64px;background:#fff;display:block}
    .list code{font-size:11px}
    .share{width:90px;height:8px}
    .laws{margin:.8rem 0}
    .laws p{margin:.3rem 0}
    .law{display:flex;flex-wrap:wrap;gap:.2rem .7rem;padding:.5rem .8rem;background:var(--soft);border-left:.3rem solid var(--good)}
    .law.broken{border-color:var(--bad)}
    .law span{color:var(--dim)}
    .law b{color:var(--fg);font-variant-numeric:tabular-nums}
    .law i{font-style:normal;font-weight:700}
    details>summary{cursor:pointer;padding:.25rem 0}
    .tl{border:1px solid var(--line)}
    .tl svg{display:block;width:100%;height:190px;touch-action:pan-y;cursor:crosshair}
    .bg{fill:var(--soft)}
    .sel{fill:var(--link);opacity:.2}
    path.c,rect.c{fill:var(--c)}
    path.s,rect.s{fill:var(--area-s)}
    .tl path.m{fill:none;stroke-width:2.5;vector-effect:non-scaling-stroke}
    .tl path.g{stroke:var(--x)}
    .tl path.r{stroke:var(--o)}
    .tl path.x{stroke:var(--k)}
    .scale{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap;margin:.2rem 0;color:var(--dim);font-size:13px}
    .key{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.3rem 0;font-size:13px;color:var(--dim)}
    .key :where([class])::before{content:"";display:inline-block;width:.8em;height:.8em;margin-right:.35em;background:currentColor}
    .key .c::before{background:var(--c)}.key .s::before{background:var(--area-s)}.key .g::before{background:var(--x)}
    .key .r::before{background:var(--o)}.key .x::before{background:var(--k)}
    .key .t-s::before{background:var(--c)}.key .t-o::before{background:var(--o)}.key .t-r::before{background:var(--r)}
    .key .t-a::before{background:var(--a);height:.25em;vertical-align:middle}.key .t-w::before{background:var(--w);height:.25em;vertical-align:middle}
    .key .t-k::before{background:var(--k)}.key .t-p::before{background:var(--fg);width:.4em;height:.4em;border-radius:50%}
    .key .t-g::before{background:repeating-linear-gradient(45deg,var(--x) 0 2px,transparent 2px 5px)}
    .key .t-x::before{background:var(--x);opacity:.5}
    .tools{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:.5rem 0}
    .tools input{flex:1 1 20rem;max-width:40rem}
    input,select,button{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:4px;padding:.25rem .5rem}
    button{cursor:pointer}
    body:not(.on) .script{display:none}
    .grid{max-height:80vh;overflow:auto;border:1px solid var(--line)}
    .first{position:sticky;top:0;z-index:2;width:1560px;background:var(--soft)}
    .chunk{width:1560px}
    .full{content-visibility:auto;contain-intrinsic-size:auto 2900px}
    .rows{table-layout:fixed;width:1560px;font-size:13px;font-variant-numeric:tabular-nums}
    .rows th{padding:0;text-align:left;vertical-align:bottom;border-bottom:1px solid var(--line)}
    .rows th button{width:100%;height:100%;border:0;border-radius:0;background:none;padding:.3rem .35rem;text-align:left;font-weight:600;line-height:1.2}
    .rows th[aria-sort=ascending] button::after{content:" ▲"}
    .rows th[aria-sort=descending] button::after{content:" ▼"}
    .rows td{padding:.22rem .35rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere;overflow:hidden}
    .rows td:nth-child(n+6):nth-child(-n+14){text-align:right}
    .rows td b{color:var(--bad)}
    .rows tr:hover td{background:var(--soft)}
    .rows svg{display:block;height:14px;width:100%;overflow:visible}
    .rows circle{cy:5px;r:3.6px;stroke:var(--bg);stroke-width:.6}
    .rows td:nth-child(5) path{stroke:var(--dim);stroke-width:1.6;fill:none}
    .rows td:nth-child(9) svg{height:18px}
    .h-complete,.e-fin{fill:var(--good)}.h-partial{fill:var(--o)}.h-none{fill:var(--g)}
    .e-rst,.e-refused{fill:var(--r)}.e-idle,.e-open{fill:var(--g)}.e-reuse,.e-evicted{fill:var(--o)}
    col:nth-child(1){width:60px}col:nth-child(2),col:nth-child(3){width:156px}col:nth-child(4){width:140px}col:nth-child(5){width:100px}
    col:nth-child(6){width:72px}col:nth-child(7),col:nth-child(8){width:90px}col:nth-child(9){width:64px}col:nth-child(10){width:74px}
    col:nth-child(11){width:76px}col:nth-child(12){width:60px}col:nth-child(13){width:84px}col:nth-child(14){width:74px}
    col:nth-child(15){width:70px}col:nth-child(16){width:116px}col:nth-child(17){width:64px}col:nth-child(18){width:110px}
    .one{border-top:1px solid var(--line)}
    .one summary{overflow-wrap:anywhere}
    .one[open]{padding-bottom:1rem}
    .tsg{margin:.3rem 0;border:1px solid var(--line);position:relative}
    .tsg>svg{display:block}
    .tsg .plot path{fill:none;vector-effect:non-scaling-stroke;stroke-width:1.6}
    .plot .s{stroke:var(--c)}.plot .o{stroke:var(--o)}.tsg .plot .r{stroke:var(--r);stroke-width:3}.plot .a{stroke:var(--a)}
    .plot .w{stroke:var(--w)}.plot .k{stroke:var(--k)}.tsg .plot .p{stroke:var(--fg);stroke-width:2.6;stroke-linecap:round}
    .tsg .plot .a,.tsg .plot .w{stroke-width:1.2}
    .area,.letters{overflow:visible}
    .letters text{font:600 11px system-ui,sans-serif;text-anchor:middle;fill:var(--fg);paint-order:stroke;stroke:var(--soft);stroke-width:3px}
    .letters .r,.letters .x{fill:var(--r)}.letters .z{fill:var(--w)}
    .tsg g.scale text{font:11px system-ui,sans-serif;fill:var(--dim);paint-order:stroke;stroke:var(--soft);stroke-width:3px}
    .tsg g.scale .t{text-anchor:end}
    .bands .gap,.ribbon .g{fill:url(#hatch)}
    .bands .conflict{fill:var(--x);opacity:.35}
    .ribbon .x{fill:var(--x)}
    .hatch0{fill:var(--bg);opacity:.6}.hatch1{fill:var(--x)}
    .ribbon{display:block;margin:.3rem 0}
    .ribbon .s{fill:var(--c);opacity:.45}.ribbon .r{fill:var(--r)}
    .zoom{position:absolute;top:-1.75rem;right:0;display:flex;gap:4px}
    .zoom button{padding:0 .5rem;font-size:13px}
    .talk p{margin:.2rem .6rem;color:var(--x);font-size:13px}
    .talk pre{margin:0;padding:.25rem .6rem;border-left:.25rem solid var(--c);white-space:pre-wrap;background:var(--soft)}
    .talk pre.s{border-color:var(--area-s)}
    .gaps,.conflicts{margin:.3rem 0;padding-left:1.2rem}
    @media(max-width:700px){
    main{padding:0 .7rem 2rem}header{position:static;padding:.5rem .7rem}h1{font-size:1.2rem}
    .facts th{white-space:normal}.list{min-width:64rem}
    .first,.chunk,.rows{width:auto}.first{display:none}
    .rows,.rows tbody,.rows tr{display:block}.rows colgroup{display:none}
    .rows tr{padding:.4rem .5rem;border-bottom:1px solid var(--line)}
    .rows td,.rows td:nth-child(n+6):nth-child(-n+14){display:inline-block;border:0;padding:0 .5rem 0 0;text-align:left}
    .rows td:nth-child(1)::before{content:"#"}.rows td:nth-child(3)::before{content:"> "}
    .rows td:nth-child(7):not(:empty)::before{content:"from client "}.rows td:nth-child(8):not(:empty)::before{content:"from server "}
    .rows td:nth-child(10):not(:empty)::before{content:"RTT "}.rows td:nth-child(11):not(:empty)::before{content:"repeated "}
    .rows td:nth-child(12):not(:empty)::before{content:"out of order "}.rows td:nth-child(13):not(:empty)::before{content:"missing "}
    .rows td:nth-child(14):not(:empty)::before{content:"conflicts "}
    .rows td:nth-child(15)::before{content:"end "}.rows td:nth-child(16):not(:empty)::before{content:"TLS "}
    .rows td:nth-child(17):not(:empty)::before{content:"HTTP "}
    .rows tr td:nth-child(5){display:block}.rows tr td:nth-child(9):nth-child(-n+14),.rows tr td:empty:nth-child(n+1){display:none}

    .full{contain-intrinsic-size:auto 9000px}}
    @media print{:root{--bg:#fff;--fg:#000;--dim:#444;--line:#bbb;--soft:#f6f6f6;--link:#000;--c:#2166ac;--s:#8a5a00;--area-s:#d9a441;
    --good:#1a7f37;--bad:#b42318;--warn:#b54708;--r:#d1242f;--o:#e07b00;--a:#1a7f37;--w:#9a8a2a;--k:#8250df;--x:#c11574;--g:#6e7781}
    header,.script,.zoom{display:none!important}.grid,.tall{max-height:none;overflow:visible;border:0}.full{content-visibility:visible}
    .first,.chunk,.rows{width:100%}.rows{font-size:8px}.first{position:static}.tsg,.one,tr{break-inside:avoid}
    .list th{position:static}}
    """#
}
