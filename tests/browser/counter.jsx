// A counter by the hook `useActor` of @rivetkit/react.

import { createRivetKit } from "@rivetkit/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

const query = new URLSearchParams(location.search);
const { useActor } = createRivetKit(query.get("host"));

function Counter() {
  const counter = useActor({ name: "counter", key: [query.get("key")] });
  const [heard, setHeard] = useState([]);
  const [answered, setAnswered] = useState("nothing");
  counter.useEvent("newCount", (count) => setHeard((before) => [...before, count]));
  const increment = async () => setAnswered(await counter.connection.increment(1));
  return (
    <main>
      <p>Status: {counter.connStatus}</p>
      <p>Answered: {answered}</p>
      <p>Heard: {heard.join(" ")}</p>
      <button type="button" onClick={increment}>Increment</button>
    </main>
  );
}

createRoot(document.getElementById("root")).render(<Counter />);
