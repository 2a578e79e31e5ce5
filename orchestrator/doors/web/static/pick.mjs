// A place told by a pin: press on the map or drag it, and two inputs follow; they lead it too.
// With keys: the arrows move the map, Enter puts the pin in its middle.

const DECIMALS = 5; // of a degree: about a metre
const CLOSE_ZOOM = 16;

export function pick({ library, map, box }) {
  const [lat, lon] = box.dataset.pick.split(" ").map((id) => document.getElementById(id));
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  const pin = new library.Marker({ draggable: true, color: ink });
  const put = (at) => { if (!pin.getLngLat()) pin.setLngLat(at).addTo(map); else pin.setLngLat(at); };
  const tell = (at) => {
    put(at);
    lat.value = at.lat.toFixed(DECIMALS);
    lon.value = at.lng.toFixed(DECIMALS);
    box.dataset.picked = "yes";
  };
  const follow = () => {
    const at = [lon, lat].map((input) => Number.parseFloat(input.value.replace(",", ".")));
    if (!at.every(Number.isFinite) || Math.abs(at[0]) > 180 || Math.abs(at[1]) > 90) return;
    put(at);
    map.jumpTo({ center: at, zoom: Math.max(map.getZoom(), CLOSE_ZOOM) });
  };
  map.on("click", (event) => tell(event.lngLat));
  pin.on("dragend", () => tell(pin.getLngLat()));
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    tell(map.getCenter());
  });
  for (const input of [lat, lon]) input.addEventListener("change", follow);
  offerHere((at) => { tell(new library.LngLat(...at)); follow(); });
  follow();
}

function offerHere(found) {
  const button = document.querySelector("[data-here]");
  if (!button || !navigator.geolocation) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    const done = () => { button.disabled = false; };
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => { done(); found([coords.longitude, coords.latitude]); },
      () => { done(); button.nextElementSibling.hidden = false; },
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  });
}
