// Sets the chosen theme before the first paint, so that the page never flashes in the other one.
(() => {
  try {
    const chosen = localStorage.getItem("kuguan.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is forbidden: the system's theme stays.
  }
})();
