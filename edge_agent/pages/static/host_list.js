// The staff list under the field "whom to see", who may be meant by a family name and title (刘老师) as one touch each,
// and the telephone of whoever was chosen; without it a name is typed.
const MOST = 8;
const host = document.getElementById("host");
const list = document.getElementById("hosts");
const phone = document.querySelector("[data-host-phone]");
const choices = document.querySelector("[data-host-choices]");

function meant(written) { // as gate.host.meant_by
  const people = [...list.options];
  const nameOf = (option) => option.value.split("（")[0];
  const title = (list.dataset.titles ?? "").split(" ").find((one) => one && written.endsWith(one));
  const family = title ? written.slice(0, -title.length) : "";
  const named = people.filter((option) => nameOf(option) === written);
  return named.length ? named : people.filter((option) => family && nameOf(option).startsWith(family));
}

function show() {
  const written = host.value.trim();
  const chosen = [...list.options].find((option) => option.value === written);
  if (phone) {
    phone.hidden = !chosen?.dataset.phone;
    phone.querySelector("b").textContent = chosen?.dataset.phone ?? "";
  }
  if (!choices) return;
  const people = chosen ? [] : meant(written).slice(0, MOST);
  choices.hidden = people.length === 0;
  choices.replaceChildren(...people.map((option) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = option.textContent && !option.value.includes("（") ? `${option.value} ${option.textContent}` : option.value;
    button.addEventListener("click", () => {
      host.value = option.value;
      host.dispatchEvent(new Event("input", { bubbles: true }));
    });
    return button;
  }));
}

if (host && list) {
  host.setAttribute("list", "hosts");
  host.addEventListener("input", show);
  show();
}
