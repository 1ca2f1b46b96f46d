import { once } from "node:events";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";

export type Mail = { from: string; to: string[]; text: string };

/** A real SMTP server on this machine that keeps what it takes. `answer` may refuse a mail, with a status. */
export async function serveMail(answer: (mail: Mail) => number | undefined = () => undefined) {
  const mails: Mail[] = [];
  let user = "";
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, callback) {
      if (password !== "secret") return callback(new Error("wrong password"));
      user = String(username);
      callback(null, { user: username });
    },
    onData(stream, { envelope }, callback) {
      void text(stream).then((content) => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const mail = { from, to: envelope.rcptTo.map(({ address }) => address), text: content };
        const refusal = answer(mail);
        if (refusal !== undefined) return callback(Object.assign(new Error("no"), { responseCode: refusal }));
        mails.push(mail);
        callback();
      });
    },
  });
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the mail server has no port");
  return {
    url: `smtp://mailer:secret@127.0.0.1:${address.port}`,
    mails,
    user: () => user,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
