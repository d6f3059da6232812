// What a card's details look like: brands, groups of digits, dates. Nothing here touches the page.

const BRANDS = [
  { name: 'visa', label: 'VISA', pattern: /^4/, lengths: [16] },
  { name: 'mastercard', label: 'Mastercard', pattern: /^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/, lengths: [16] },
  { name: 'amex', label: 'Amex', pattern: /^3[47]/, lengths: [15] },
  { name: 'discover', label: 'Discover', pattern: /^(6011|65|64[4-9])/, lengths: [16] },
  { name: 'diners', label: 'Diners', pattern: /^(36|38|39|30[0-5])/, lengths: [14, 16] },
  { name: 'jcb', label: 'JCB', pattern: /^35(2[89]|[3-8])/, lengths: [16] },
  { name: 'unionpay', label: 'UnionPay', pattern: /^(62|81)/, lengths: [16, 17, 18, 19] },
];
const UNKNOWN_BRAND = { name: 'unknown', label: '', lengths: [16, 17, 18, 19] };
// Stripe refuses cards that claim to be good for longer.
const MAX_YEARS_AHEAD = 50;

const digits = (text) => text.replace(/\D/g, '');
const brandOf = (number) => BRANDS.find(({ pattern }) => pattern.test(number)) || UNKNOWN_BRAND;
const cvcLength = (number) => (brandOf(number).name === 'amex' ? 4 : 3);

function groupNumber(text) {
  const brand = brandOf(digits(text));
  const number = digits(text).slice(0, Math.max(...brand.lengths));
  const groups = brand.name === 'amex'
    ? [number.slice(0, 4), number.slice(4, 10), number.slice(10)]
    : number.match(/.{1,4}/g) || [];
  return groups.filter(Boolean).join(' ');
}

// A browser fills in "12/2034" or "2034-12"; people type "1234", "12 / 34" or "3".
function groupExpiry(text, typing) {
  const written = /^\s*(\d{1,2})\s*[/-]\s*(?:20)?(\d{2})\s*$/.exec(text);
  const iso = /^\s*20(\d{2})-(\d{2})\s*$/.exec(text);
  let plain = digits(text);
  if (written) plain = written[1].padStart(2, '0') + written[2];
  else if (iso) plain = iso[2] + iso[1];
  if (/^[2-9]/.test(plain)) plain = `0${plain}`;
  plain = plain.slice(0, 4);
  if (plain.length > 2) return `${plain.slice(0, 2)} / ${plain.slice(2)}`;
  return plain.length === 2 && typing ? `${plain} / ` : plain;
}

function expiryParts(text) {
  const plain = digits(text);
  return { month: Number(plain.slice(0, 2)), year: 2000 + Number(plain.slice(2, 4)) };
}

// Stripe's code for what is wrong, or null.
function numberProblem(text) {
  const number = digits(text);
  const { lengths } = brandOf(number);
  if (lengths.includes(number.length) && luhn(number)) return null;
  return number.length < Math.max(...lengths) && (number.length < lengths[0] || lengths.length > 1)
    ? 'incomplete_number' : 'invalid_number';
}

function expiryProblem(text, today) {
  const plain = digits(text);
  if (plain.length >= 2 && !(plain.slice(0, 2) >= '01' && plain.slice(0, 2) <= '12')) return 'invalid_expiry';
  if (plain.length < 4) return 'incomplete_expiry';
  const { month, year } = expiryParts(text);
  if (year < today.getFullYear()) return 'invalid_expiry_year_past';
  if (year === today.getFullYear() && month <= today.getMonth()) return 'invalid_expiry_month_past';
  return year > today.getFullYear() + MAX_YEARS_AHEAD ? 'invalid_expiry' : null;
}

function cvcProblem(text, number) {
  return digits(text).length < cvcLength(digits(number)) ? 'incomplete_cvc' : null;
}

function zipProblem(text, country) {
  const complete = country === 'US' ? digits(text).length >= 5 : text.trim() !== '';
  return complete ? null : 'incomplete_zip';
}

function luhn(number) {
  let sum = 0;
  [...number].reverse().forEach((character, place) => {
    const digit = Number(character) * (place % 2 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  });
  return sum % 10 === 0;
}
