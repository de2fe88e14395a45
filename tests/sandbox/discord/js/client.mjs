// An unmodified discord.js: reads a channel, says what it read, repeats what it hears, leaves at "goodbye".
import { Client, Events, GatewayIntentBits } from "discord.js";

const report = (event, text = "") => console.log(JSON.stringify([event, text]));

const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent],
  rest: { api: process.env.API },
});

client.once(Events.ClientReady, async () => {
  const channel = await client.channels.fetch(process.env.CHANNEL);
  const read = await channel.messages.fetch({ limit: 10 });
  report("read", [...read.values()].map((message) => message.content).reverse().join(" | "));
  await channel.send({ content: "hello from JavaScript", files: [{ attachment: Buffer.from("seeds"), name: "list.txt" }] });
  const webhook = await channel.createWebhook({ name: "bridge" });
  const sent = await webhook.send({ content: "through a webhook", username: "Ana" });
  await webhook.editMessage(sent.id, { content: "edited through a webhook" });
  report("ready");
});

client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot) return;
  report("message", message.content);
  if (message.content === "goodbye") {
    await message.react("👋");
    await client.destroy();
  }
});

client.ws.on("resumed", () => report("resumed"));
await client.login(process.env.TOKEN);
