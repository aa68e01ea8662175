/** Milliseconds after which a step says what it is doing. */
const silence = 2000;

/** Milliseconds between two lines of a long step where there is no terminal, so that it is not taken for stuck. */
const reminder = 30_000;

/** Milliseconds between two updates of the one line of a long step on a terminal. */
const refresh = 1000;

/** Clears the line that the cursor is in (CR, and EL of ECMA-48). */
const clearLine = "\r\u001b[2K";

/**
 * Does a piece of work. When it takes more than two seconds, it says what it is and how long it took. Lines go to
 * standard error: standard output belongs to what a command is asked for.
 *
 * @template Result
 * @param {string} description Such as "installing the npm packages".
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function step(description, work) {
  let announced = false;
  const timer = setTimeout(() => {
    announced = true;
    say(`${description} ...`);
  }, silence);
  const start = performance.now();
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (announced) {
      say(`${description}: ${seconds(performance.now() - start)}`);
    }
  }
}

/**
 * Adds something to the machine: says at once what and why, and at the end how long it took. In between it shows the
 * time and the last progress that the work has reported: on a terminal in one line that is updated every second,
 * elsewhere in a new line every 30 s.
 *
 * @template Result
 * @param {string} what
 * @param {string} why
 * @param {(report: (progress: string) => void) => Promise<Result>} work gets a function for its progress, such as
 *   "412 of 1803 packages"
 * @returns {Promise<Result>}
 */
export async function add(what, why, work) {
  say(`adding ${what}: ${why}`);
  const start = performance.now();
  let progress = "";
  const isTerminal = process.stderr.isTTY === true;
  const show = isTerminal ? showStatus : say;
  const timer = setInterval(
    () => show(`still adding ${what}: ${seconds(performance.now() - start)}${progress === "" ? "" : `, ${progress}`}`),
    isTerminal ? refresh : reminder,
  );
  try {
    const result = await work((text) => {
      progress = text;
    });
    say(`added ${what}: ${seconds(performance.now() - start)}`);
    return result;
  } finally {
    clearInterval(timer);
    clearStatus();
  }
}

/** @param {string} line */
export function say(line) {
  clearStatus();
  process.stderr.write(`redis-ha: ${line}\n`);
}

let statusIsShown = false;

/**
 * Shows a line in place of the last one shown so. It is cut at the terminal's width, since only one row can be cleared.
 *
 * @param {string} line
 */
function showStatus(line) {
  statusIsShown = true;
  process.stderr.write(`${clearLine}${`redis-ha: ${line}`.slice(0, (process.stderr.columns || 80) - 1)}`);
}

function clearStatus() {
  if (statusIsShown) {
    statusIsShown = false;
    process.stderr.write(clearLine);
  }
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
