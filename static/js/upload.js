// Reference images: chosen, dropped anywhere or pasted; three uploads at a time, each with its
// progress. The form holds the addresses in hidden fields, as it does without JavaScript.

const AT_A_TIME = 3;
const $ = (selector) => document.querySelector(selector);
const section = () => $("#images");
const list = () => $("#thumbs");
const active = () => section() && !section().hidden;

const queue = [];
let running = 0;

export function take(files) {
  const order = new Intl.Collator(undefined, { numeric: true });
  const sorted = [...files].sort((one, other) => order.compare(one.name, other.name));
  for (const file of sorted) add(file);
  pump();
}

function add(file) {
  const item = $("#thumb-template").content.firstElementChild.cloneNode(true);
  const picture = item.querySelector("img");
  picture.src = URL.createObjectURL(file);
  picture.alt = item.title = file.name;
  item.file = file;
  list().append(item);
  const mb = Number(section().dataset.maxMb);
  if (!file.type.startsWith("image/")) fail(item, section().dataset.noImage);
  else if (mb && file.size > mb * 1024 * 1024) fail(item, section().dataset.tooLarge.replace("{mb}", mb));
  else {
    item.dataset.uploading = "";
    queue.push(item);
  }
}

function pump() {
  while (running < AT_A_TIME && queue.length) send(queue.shift());
}

function send(item) {
  if (!item.isConnected) return;   // removed while it waited
  running += 1;
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", item.file, item.file.name);
  item.request = request;
  request.open("POST", "/api/upload-image");
  request.responseType = "json";
  request.upload.onprogress = (event) => {
    if (event.lengthComputable) item.querySelector("progress").value = (100 * event.loaded) / event.total;
  };
  request.onload = () => done(item, request.response);
  request.onerror = () => fail(item, section().dataset.failed);
  request.onloadend = () => {
    running -= 1;
    pump();
  };
  request.send(body);
}

function done(item, answer) {
  if (answer?.code !== 0) {
    fail(item, answer?.errors?.[0]?.message ?? answer?.message ?? section().dataset.failed);
    return;
  }
  const address = `/api/images/${answer.data.filename}`;
  if (addresses().includes(address)) {
    fail(item, section().dataset.same);
    return;
  }
  finish(item);
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "image", value: address });
  item.prepend(field);
  changed();
}

const addresses = () => [...list().querySelectorAll("[name=image]")].map((field) => field.value);

function finish(item) {
  delete item.dataset.uploading;
  item.querySelector("progress")?.remove();
}

function fail(item, sentence) {
  finish(item);
  item.classList.add("refused");
  const picture = item.querySelector("img");
  const bare = () => picture.replaceWith(item.file.name);
  if (picture.complete && !picture.naturalWidth) bare();
  else picture.addEventListener("error", bare, { once: true });
  const problem = item.querySelector(".problem");
  problem.textContent = sentence;
  problem.hidden = false;
  $("#announce").textContent = `${item.file.name}: ${sentence}`;
}

function changed() {
  list().dispatchEvent(new Event("change", { bubbles: true }));
}

// ---- The three ways in.

document.addEventListener("change", (event) => {
  if (event.target.id !== "files") return;
  event.stopPropagation();
  take(event.target.files);
  event.target.value = "";   // they go on their own, not with the form
}, true);

// A further image, such as the last frame, goes up alone; its address is put into the field beside it.
document.addEventListener("change", async (event) => {
  const field = document.getElementById(event.target.dataset?.into ?? "");
  if (!field) return;
  event.stopPropagation();
  const [input, files] = [event.target, [...event.target.files]];
  input.value = "";
  input.parentElement.querySelector(".problem")?.remove();
  field.dataset.uploading = "";   // the form waits for it
  for (const file of files) await intoField(file, field, input);
  delete field.dataset.uploading;
}, true);

async function intoField(file, field, input) {
  const body = new FormData();
  body.append("file", file, file.name);
  const answer = await fetch("/api/upload-image", { method: "POST", body }).then((got) => got.json()).catch(() => null);
  if (answer?.code === 0) {
    const address = `/api/images/${answer.data.filename}`;
    field.value = field.rows > 1 ? `${field.value}\n${address}`.trim() : address;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  } else {
    const sentence = answer?.errors?.[0]?.message ?? answer?.message ?? section().dataset.failed;
    const problem = Object.assign(document.createElement("p"), { className: "problem", textContent: `${file.name}: ${sentence}` });
    input.after(problem);
    $("#announce").textContent = problem.textContent;
  }
}

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  // A spreadsheet puts a picture of its cells beside their text: in a text field the text is meant.
  const typing = event.target.matches?.("textarea, input") && event.clipboardData.types.includes("text/plain");
  if (!active() || !files.length || typing) return;
  event.preventDefault();
  take(files);
});

// A file that nobody takes would be opened by the browser, in place of the page.
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  if (active()) $("[data-drop]").classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("[data-drop]")?.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  $("[data-drop]").classList.remove("over");
  if (active()) take(event.dataTransfer.files);
  else $("#trouble").replaceChildren(
    Object.assign(document.createElement("p"), { textContent: section().dataset.unused }));
});

// ---- Remove and reorder, in place of the buttons' own submit.

const MOVES = {
  remove(item) {
    item.request?.abort();
    const picture = item.querySelector("img");
    if (picture?.src.startsWith("blob:")) URL.revokeObjectURL(picture.src);
    const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("button[value$=remove]");
    item.remove();
    (next ?? $("#files")).focus();
  },
  earlier(item) { item.previousElementSibling?.before(item); },
  later(item) { item.nextElementSibling?.after(item); },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("#thumbs [name=move]");
  if (!button) return;
  event.preventDefault();
  MOVES[button.value.split(":")[1]](button.closest("li"));
  if (button.isConnected) button.focus();
  changed();
});
