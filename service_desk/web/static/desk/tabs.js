// A row of tabs that is wider than the screen begins where the lit one can be seen.
export function showLitTab() {
  for (const lit of document.querySelectorAll(".tabs [aria-current]")) {
    const row = lit.closest(".tabs"), seen = row.getBoundingClientRect(), spot = lit.getBoundingClientRect();
    if (spot.right > seen.right - 24) row.scrollLeft += spot.left - seen.left - (seen.width - spot.width) / 2;
  }
}
