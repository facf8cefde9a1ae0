/** One of a few, all in sight: radio buttons drawn as one bar. */
export function Choice<Value extends string>(props: {
  readonly label: string;
  readonly name: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly text: string; readonly lang?: string }[];
  readonly onChoose: (value: Value) => void;
}) {
  return (
    <fieldset class="choice" data-testid={`choice-${props.name}`}>
      <legend class="unseen">{props.label}</legend>
      {props.options.map(({ value, text, lang }) => (
        <label key={value} lang={lang}>
          <input
            type="radio"
            name={props.name}
            value={value}
            checked={props.value === value}
            onChange={() => props.onChoose(value)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
