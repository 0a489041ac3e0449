// Every word the page itself says, in both languages. What the bot says comes worded from the bot.

const WORDS = {
  zh: {
    bot: "库管",
    tagline: "办公聊天里的仓库管理员",
    online: "在线",
    connecting: "正在连接…",
    offline: "正在重连…",
    bannerLost: "连接断开了,正在自动重连。未送达的话会在恢复后自动补发。",
    bannerBack: "已恢复连接",
    placeholder: "说一句话,例如:领5包A4纸 用于投标",
    composerLabel: "给库管的消息",
    send: "发送",
    keys: "Enter 发送 · Shift+Enter 换行 · ↑ 找回上一句",
    shortcuts: "常用",
    today: "今天",
    yesterday: "昨天",
    sending: "发送中…",
    waiting: "恢复连接后自动发送",
    failed: "没有送达",
    retry: "重试",
    typing: "库管正在处理",
    newest: "新消息",
    older: "更早的消息",
    back: "返回",
    signsLeft: "还能写 {left} 个字",
    signsFull: "一次最多 {limit} 个字,请分开说",
    linkOver: "这个登录链接不能再用",
    openAgain: "重新打开",
    beginning: "对话从这里开始",
    stateDone: "已完成",
    stateRefused: "已拒绝",
    stateClosed: "已结束",
    tapLater: "已收到,处理好后这张卡片会更新。",
    tapFailed: "这次点击没有送达,请再点一次。",
    cardLabel: "卡片",
    change: "{before} 变为 {after}",
    who: "当前身份",
    switchPerson: "切换身份",
    people: "演示公司",
    demoHint: "演示模式:点谁就是谁,仅限本机。",
    unread: "{count} 条新消息",
    close: "关闭",
    theme: "外观",
    themeAuto: "跟随系统",
    themeLight: "浅色",
    themeDark: "深色",
    language: "语言",
    welcome: "我是库管",
    welcomeText: "说一句话就能查库存、领东西、办审批。每一步都先给您看清结果,再由您确认。",
    welcomeTry: "可以这样说",
    signedOut: "请先登录",
    signedOutText: "在单位的聊天软件里对库管说「网页登录」,它会发给您一个一次性链接。",
    signingIn: "正在登录…",
    menu: "身份与设置",
    from: "我",
  },
  en: {
    bot: "Kuguan",
    tagline: "Your warehouse keeper in the chat",
    online: "Online",
    connecting: "Connecting…",
    offline: "Reconnecting…",
    bannerLost: "The connection is down; reconnecting by itself. Unsent words follow once it is back.",
    bannerBack: "Back online",
    placeholder: "Say: request 5 packs of A4 paper",
    composerLabel: "Message to Kuguan",
    send: "Send",
    keys: "Enter sends · Shift+Enter new line · ↑ last sentence",
    shortcuts: "Shortcuts",
    today: "Today",
    yesterday: "Yesterday",
    sending: "Sending…",
    waiting: "Will be sent once back online",
    failed: "Not delivered",
    retry: "Retry",
    typing: "Kuguan is working on it",
    newest: "New messages",
    older: "Earlier messages",
    back: "Back",
    signsLeft: "{left} characters left",
    signsFull: "{limit} characters at most; please say it in parts",
    linkOver: "This sign-in link cannot be used again",
    openAgain: "Open again",
    beginning: "The conversation starts here",
    stateDone: "Done",
    stateRefused: "Refused",
    stateClosed: "Closed",
    tapLater: "Received. This card changes when it is done.",
    tapFailed: "The tap was not delivered, please tap again.",
    cardLabel: "Card",
    change: "{before} becomes {after}",
    who: "You are",
    switchPerson: "Switch person",
    people: "Demo company",
    demoHint: "Demo: be anybody, on this machine only.",
    unread: "{count} new messages",
    close: "Close",
    theme: "Appearance",
    themeAuto: "System",
    themeLight: "Light",
    themeDark: "Dark",
    language: "Language",
    welcome: "I am Kuguan",
    welcomeText: "One sentence is enough to look up stock, request goods or approve. You always see the effect first, then confirm.",
    welcomeTry: "Try one of these",
    signedOut: "Please sign in",
    signedOutText: "Tell Kuguan “web sign-in” in your work chat and it sends you a one-time link.",
    signingIn: "Signing in…",
    menu: "Person and settings",
    from: "Me",
  },
};

const REASONS = {
  zh: {
    OVERLOADED: "现在太忙,请稍后再试。",
    SIGNED_OUT: "登录已过期,请重新登录。",
    LINK_OVER: "它只能用一次,而且几分钟内有效。",
    REQUEST_ID_REUSED: "这句话没有送达,请再说一次。",
    TEXT_TOO_LONG: "这句话太长了,最多 {limit} 个字。",
    TEXT_UNREADABLE: "这句话里有无法识别的字符。",
    HOST_UNKNOWN: "请用本机地址打开这个页面。",
    DEMO_ONLY_LOCAL: "演示模式只能在本机使用。",
    ORIGIN_FOREIGN: "请求不是从本页面发出的,已拒绝。",
    OTHER: "没有成功,请再试一次。",
  },
  en: {
    OVERLOADED: "Too busy right now, please try again shortly.",
    SIGNED_OUT: "Your session is over, please sign in again.",
    LINK_OVER: "It is good once, and for a few minutes.",
    REQUEST_ID_REUSED: "It was not delivered, please say it again.",
    TEXT_TOO_LONG: "That is too long: {limit} characters at most.",
    TEXT_UNREADABLE: "The sentence holds characters that cannot be read.",
    HOST_UNKNOWN: "Please open this page by its local address.",
    DEMO_ONLY_LOCAL: "Demo mode works on this machine only.",
    ORIGIN_FOREIGN: "The request did not come from this page and was refused.",
    OTHER: "That did not work, please try again.",
  },
};

// `say` is sent as it is; `start` is put into the composer for the person to finish.
const SHORTCUTS = {
  zh: [
    { label: "查库存", start: "查 " },
    { label: "领用", start: "领 " },
    { label: "待我审批", say: "待我审批" },
    { label: "我的单据", say: "我的单据" },
    { label: "补货", say: "补货" },
  ],
  en: [
    { label: "Stock", start: "stock of " },
    { label: "Request", start: "request " },
    { label: "My approvals", say: "my approvals" },
    { label: "My requests", say: "my requests" },
    { label: "Restock", say: "low stock" },
  ],
};

const EXAMPLES = {
  zh: ["A4纸还有多少", "领5包A4纸 用于投标", "你能做什么"],
  en: ["how much A4 paper is left", "request 5 packs of A4 paper for the tender", "what can you do"],
};

let language = navigator.language.startsWith("zh") ? "zh" : "en";

export function setLanguage(chosen) {
  language = chosen === "en" ? "en" : "zh";
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
}

export const currentLanguage = () => language;
export const shortcuts = () => SHORTCUTS[language];
export const examples = () => EXAMPLES[language];

export function word(name, facts = {}) {
  return filled(WORDS[language][name], facts);
}

export function reasonInWords(reason, facts = {}) {
  return filled(REASONS[language][reason] ?? REASONS[language].OTHER, facts);
}

function filled(text, facts) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

const locale = () => (language === "en" ? "en-GB" : "zh-CN");

// Cards say times of the company; the page says the same ones, wherever the browser is.
let timeZone;

export function useTimeZone(name) {
  timeZone = name || undefined;
}

// Making a formatter is slow and a conversation needs the same few for each message.
const formats = new Map();

function format(where, parts) {
  const key = JSON.stringify([where, parts, timeZone]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(where, { ...parts, timeZone }));
  return formats.get(key);
}

export function timeOfDay(date) {
  return format(locale(), { hour: "2-digit", minute: "2-digit", hour12: false }).format(date);
}

export function day(date, now = new Date()) {
  const apart = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (apart === 0) return word("today");
  if (apart === 1) return word("yesterday");
  const sameYear = calendarDay(date).slice(0, 4) === calendarDay(now).slice(0, 4);
  const parts = { month: "long", day: "numeric", weekday: "short" };
  return format(locale(), sameYear ? parts : { ...parts, year: "numeric" }).format(date);
}

function calendarDay(date) {
  return format("sv-SE", { year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
}

function midnight(date) {
  return Date.parse(`${calendarDay(date)}T00:00:00Z`);
}
