/**
 * Lets one press of a button do one thing, because a press may put another button under the pointer or the focus: Start becomes
 * Pause, and Delete becomes Delete for good. A second click of a double click and the repeats of a held Enter are no answer to what
 * has just appeared.
 */
export function takeSinglePresses(): void {
  let pressed: string | undefined;
  window.addEventListener(
    'click',
    (event) => {
      const label = buttonAt(event)?.textContent;
      if (event.detail < 2) pressed = label;
      else if (label !== undefined && label !== pressed) refuse(event);
    },
    true,
  );
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.repeat && event.key === 'Enter' && buttonAt(event)) refuse(event);
    },
    true,
  );
}

const buttonAt = ({ target }: Event): HTMLButtonElement | null =>
  target instanceof Element ? target.closest('button') : null;

function refuse(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
