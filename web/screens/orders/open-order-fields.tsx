import type { ComponentChildren } from 'preact'

type Field = Readonly<{ label: string; value: string; choose: (value: string) => void }>
type Options = readonly (readonly [value: string, label: string])[]

function Labelled({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <label class="grid min-w-0 gap-1">
      <span class="text-sm font-medium">{label}</span>
      {children}
    </label>
  )
}

/** One line; `options` are offered while it is typed. */
export function TextField({
  name,
  label,
  value,
  choose,
  isRequired = false,
  isFirst = false,
  options = [],
}: Field & Readonly<{ name: string; isRequired?: boolean; isFirst?: boolean; options?: Options }>) {
  return (
    <Labelled label={label}>
      <input
        class="input touch w-full min-w-0"
        name={name}
        type={name === 'phone' ? 'tel' : 'text'}
        required={isRequired}
        autofocus={isFirst}
        maxLength={name === 'phone' ? 32 : 64}
        autocomplete="off"
        {...(options.length > 0 ? { list: `${name}-options` } : {})}
        value={value}
        onInput={(event) => choose(event.currentTarget.value)}
      />
      {options.length > 0 && (
        <datalist id={`${name}-options`}>
          {options.map(([id, text]) => (
            <option key={id} value={id}>
              {text}
            </option>
          ))}
        </datalist>
      )}
    </Labelled>
  )
}

export function WordsField({ label, value, choose, isFirst = false }: Field & Readonly<{ isFirst?: boolean }>) {
  return (
    <Labelled label={label}>
      <textarea
        class="textarea w-full"
        name="text"
        rows={3}
        required
        autofocus={isFirst}
        maxLength={2_000}
        value={value}
        onInput={(event) => choose(event.currentTarget.value)}
      />
    </Labelled>
  )
}

/** `empty`: what stands for no choice, where there may be none. */
export function SelectField({
  name,
  label,
  value,
  choose,
  options,
  empty,
  isRequired = false,
}: Field & Readonly<{ name: string; options: Options; empty?: string; isRequired?: boolean }>) {
  return (
    <Labelled label={label}>
      <select
        class="select touch w-full"
        name={name}
        required={isRequired}
        value={value}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {empty !== undefined && <option value="">{empty}</option>}
        {options.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </Labelled>
  )
}

/** Who types goes on without the mouse. */
export function isSubmitKey({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return key === 'Enter' && (ctrlKey || metaKey)
}
