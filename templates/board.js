// Loads the page anew, and says when it is old: a page nobody renews must not pass for now. Without it, see noscript.
(() => {
  "use strict";
  const page = document.documentElement, hold = document.querySelector("button");
  const [written, old, every] = ["written", "old", "every"].map((name) => Number(page.dataset[name]));
  const loaded = Date.now();
  const show = (id, shown) => { const it = document.getElementById(id); if (it.hidden === shown) it.hidden = !shown; };
  const look = () => {
    const age = Date.now() / 1000 - written;
    show("old", age > old);
    show("ahead", age < -300);
    page.classList.toggle("is-old", age > old);
    if (Date.now() - loaded > every * 1000 && hold.getAttribute("aria-pressed") === "false") location.reload();
  };
  hold.hidden = false;
  hold.addEventListener("click", () => {
    hold.setAttribute("aria-pressed", String(hold.getAttribute("aria-pressed") === "false"));
  });
  setInterval(look, 5000);
  look();
})();
