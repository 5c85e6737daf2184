// Live figures: asks /stats.json every two seconds while somebody is looking, shows what it finds under
// [data-live="a.dotted.path"], and says so when nobody answers. On pages with commands to type it also
// writes this server's own address into them.
(() => {
  "use strict";

  const PERIOD = 2000;    // milliseconds from one answer to the next question
  const PATIENCE = 5000;  // after which a silent server counts as not answering
  const NOTHING = "–";

  // Finding a figure ----------------------------------------------------------------------------------

  const isTable = (value) => value !== null && typeof value === "object";

  // "answers.4xx" is the sum of 400, 404 ...; any other name is looked up as it stands.
  function step(table, name) {
    if (!isTable(table)) return undefined;
    if (!/^[1-5]xx$/.test(name)) return Object.hasOwn(table, name) ? table[name] : undefined;
    return Object.keys(table)
      .filter((status) => status.length === 3 && status[0] === name[0])
      .reduce((sum, status) => sum + (Number(table[status]) || 0), 0);
  }

  const find = (figures, path) => path.split(".").reduce(step, figures);

  // Writing it down -----------------------------------------------------------------------------------

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

  function duration(seconds) {
    const whole = Math.floor(seconds);
    const parts = [[Math.floor(whole / 86400), "d"], [Math.floor(whole / 3600) % 24, "h"],
                   [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
    const first = parts.findIndex(([amount]) => amount > 0);
    return first < 0 ? "0 s" : parts.slice(first, first + 2).map(([amount, unit]) => `${amount} ${unit}`).join(" ");
  }

  function bytes(amount) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (amount >= 999.5 && unit < units.length - 1) { amount /= 1000; unit += 1; }
    return `${amount.toFixed(unit === 0 || amount >= 99.5 ? 0 : 1)} ${units[unit]}`;
  }

  // The mean time of one visit to a station, from {count, seconds}.
  function mean(station) {
    if (!isTable(station) || !isNumber(station.seconds) || !(station.count > 0)) return NOTHING;
    const micro = station.seconds / station.count * 1e6;
    return micro < 999.5 ? `${micro.toFixed(micro < 9.95 ? 1 : 0)} µs` : micro < 999500
      ? `${(micro / 1e3).toFixed(1)} ms` : `${(micro / 1e6).toFixed(1)} s`;
  }

  function moment(text) {
    const when = new Date(text);
    return typeof text !== "string" || Number.isNaN(when.getTime()) ? NOTHING : when.toLocaleString();
  }

  const WORDING = {
    duration: (value) => isNumber(value) ? duration(value) : NOTHING,
    bytes: (value) => isNumber(value) ? bytes(value) : NOTHING,
    mean,
    moment,
  };

  // Thousands are set apart by a margin, not by a character: the text stays a number.
  function grouped(number) {
    const digits = String(Math.round(number));
    const head = digits.length % 3 || 3;
    return [digits.slice(0, head), ...(digits.slice(head).match(/\d{3}/g) || [])].map((group, place) => {
      const span = document.createElement("span");
      if (place > 0) span.className = "thousands";
      span.textContent = group;
      return span;
    });
  }

  function write(element, value) {
    const wording = WORDING[element.dataset.as];
    const shown = wording ? wording(value)
      : isNumber(value) ? String(Math.round(value))
      : typeof value === "string" && value ? value : NOTHING;
    if (element.textContent === shown) return;
    if (!wording && isNumber(value)) element.replaceChildren(...grouped(value));
    else element.textContent = shown;
  }

  // Asking --------------------------------------------------------------------------------------------

  function watch(place) {
    const figures = place.querySelectorAll("[data-live]");
    const talk = place.querySelector("[data-live-talk]");
    const button = place.querySelector("[data-live-pause]");
    let timer = 0;
    let question = null;
    let paused = false;
    let answered = null;

    const wanted = () => !paused && !document.hidden;

    // Screen readers hear this line, so it is written only when it says something new.
    function say(text) {
      if (talk.textContent !== text) talk.textContent = text;
    }

    function since() {
      return answered ? `These figures are of ${answered.toLocaleTimeString()}.` : "There are no figures yet.";
    }

    async function answer(signal) {
      const response = await fetch("/stats.json", { cache: "no-store", signal });
      if (!response.ok) return `The server answers ${response.status} instead of its figures.`;
      const table = await response.json().catch((error) => {
        if (error instanceof SyntaxError) return null;
        throw error;
      });
      if (!isTable(table)) return "The server answers, but not with figures.";
      answered = new Date();
      figures.forEach((element) => write(element, find(table, element.dataset.live)));
      return "";
    }

    async function ask() {
      clearTimeout(timer);
      if (question || !wanted()) return;
      const mine = question = new AbortController();
      const patience = setTimeout(() => mine.abort("silence"), PATIENCE);
      const trouble = await answer(mine.signal).catch(
        (error) => error === "stop" ? null : "The server is not answering.");
      clearTimeout(patience);
      question = null;
      if (!wanted()) return;
      if (trouble !== null) {
        place.classList.toggle("stale", trouble !== "");
        say(trouble ? `${trouble} ${since()}` : "Asked anew every two seconds, and each asking is one more request.");
      }
      timer = setTimeout(ask, PERIOD);
    }

    function stop() {
      clearTimeout(timer);
      if (question) question.abort("stop");
    }

    document.addEventListener("visibilitychange", () => document.hidden ? stop() : ask());
    button.addEventListener("click", () => {
      paused = !paused;
      button.textContent = paused ? "Go on" : "Pause";
      if (!paused) { say("Asking …"); ask(); return; }
      stop();
      say(`Paused. ${since()}`);
    });

    place.hidden = false;
    document.querySelectorAll("[data-live-plain]").forEach((element) => { element.hidden = true; });
    ask();
  }

  // This server's own address, in commands to type ----------------------------------------------------

  function address() {
    const { protocol, hostname, port, host, origin } = window.location;
    if (protocol !== "http:" || !/^[a-z0-9.-]+$/.test(hostname)) return;
    const known = { origin, host, netcat: `${hostname} ${port || 80}` };
    document.querySelectorAll("[data-address]").forEach((element) => {
      element.textContent = known[element.dataset.address] || element.textContent;
    });
  }

  document.querySelectorAll("[data-live-board]").forEach(watch);
  address();
})();
