// Sends a picture and tells how far it is. `fetch` knows nothing of the way up.

/** Ends when the server has it; throws the code of the error. */
export function send(address, file, crop, onProgress) {
  return new Promise((done, fail) => {
    const form = new FormData();
    form.append("x", crop.x);
    form.append("y", crop.y);
    form.append("side", crop.side);
    form.append("file", file, "picture");
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) done(request.response);
      else fail(new Error(request.response?.code ?? "failed"));
    };
    request.onerror = () => fail(new Error("offline"));
    request.send(form);
  });
}
