// Something that changes, and who waits for what of it.

export class Watched {
  #waiting = new Set();

  // Gives what `look` gives, as soon as that is true.
  until(look) {
    return new Promise((resolve) => {
      const waiting = () => {
        const seen = look();
        if (!seen) return;
        this.#waiting.delete(waiting);
        resolve(seen);
      };
      this.#waiting.add(waiting);
      waiting();
    });
  }

  changed() {
    for (const waiting of [...this.#waiting]) waiting();
  }
}
