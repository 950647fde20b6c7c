// The staff list under the field "whom to see", and the telephone of whoever was chosen; without it a name is typed.
const host = document.getElementById("host");
const list = document.getElementById("hosts");
const phone = document.querySelector("[data-host-phone]");
if (host && list) {
  host.setAttribute("list", "hosts");
  const show = () => {
    const chosen = [...list.options].find((option) => option.value === host.value.trim());
    if (!phone) return;
    phone.hidden = !chosen?.dataset.phone;
    phone.querySelector("b").textContent = chosen?.dataset.phone ?? "";
  };
  host.addEventListener("input", show);
  show();
}
