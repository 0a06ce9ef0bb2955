import { Button, type GraphiQLPlugin } from "@graphiql/react";
import { type FormEvent, type ReactElement, useRef, useState } from "react";
import { isAtHand, PasswordNeeded, useDemoUsers } from "../demo-users";
import { KeyIcon } from "../icons";
import type { DemoUser } from "../settings";
import { nameOf, stateOf, useAccount } from "../use-account";
import { Pane } from "./pane";

export const LOG_IN: GraphiQLPlugin = { title: "Log in", icon: KeyIcon, content: LogIn };

function LogIn(): ReactElement {
  const account = useAccount();
  const demoUsers = useDemoUsers();
  const [form, setForm] = useState({ email: "", password: "" });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const passwordInput = useRef<HTMLInputElement>(null);

  const ask = (email: string) => {
    setForm({ email, password: "" });
    passwordInput.current?.focus();
  };
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      setForm({ email: "", password: "" });
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
      if (failure instanceof PasswordNeeded) {
        ask(failure.email);
      }
    } finally {
      setBusy(false);
    }
  };
  const choose = (user: DemoUser) => {
    if (isAtHand(user)) {
      void attempt(() => account.become(user));
    } else {
      ask(user.email);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(() => account.signIn(form.email, form.password));
  };

  return (
    <Pane title="Log in">
      <p>
        The token goes into the headers of the current tab, and the documentation shows what its role may
        see. It is forgotten with this page.
      </p>
      <output className="purser-box">
        {account.token ? (
          <>
            This tab asks as <strong>{nameOf(account)}</strong>, {stateOf(account)}
            {account.expires !== undefined && !account.expired && (
              <>, until {new Date(account.expires).toLocaleTimeString()}</>
            )}
            .
            <Button type="button" disabled={busy} onClick={() => void attempt(account.signOut)}>
              Log out
            </Button>
          </>
        ) : (
          <>
            This tab asks as <strong>anonymous</strong>.
          </>
        )}
      </output>
      {error && (
        <p className="purser-error" role="alert">
          {error}
        </p>
      )}
      {demoUsers.length > 0 && (
        <>
          <h3>Demo users</h3>
          <ul className="purser-list">
            {demoUsers.map((user) => (
              <li key={user.email}>
                <button type="button" disabled={busy} onClick={() => choose(user)}>
                  {user.email}
                  <span className="purser-role" data-role={user.role.toLowerCase()}>
                    {user.role.toLowerCase()}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Any account</h3>
      <form className="purser-form" onSubmit={submit}>
        <label>
          E-mail
          <input
            type="email"
            autoComplete="username"
            required
            value={form.email}
            onChange={(event) => setForm({ ...form, email: event.target.value })}
          />
        </label>
        <label>
          Password
          <input
            ref={passwordInput}
            type="password"
            autoComplete="current-password"
            required
            value={form.password}
            onChange={(event) => setForm({ ...form, password: event.target.value })}
          />
        </label>
        <Button type="submit" disabled={busy}>
          Log in
        </Button>
      </form>
    </Pane>
  );
}
