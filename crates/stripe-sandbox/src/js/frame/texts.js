// What the card form says, and the countries it knows.

const COUNTRIES = ('AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW '
  + 'BY BZ CA CD CF CG CH CI CL CM CN CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FO FR GA GB '
  + 'GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IS IT JE JM JO JP KE KG '
  + 'KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MQ MR MS MT MU MV '
  + 'MW MX MY MZ NA NC NE NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PY QA RE RO RS RU RW '
  + 'SA SB SC SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG '
  + 'US UY UZ VA VC VE VG VN VU WF WS XK YE YT ZA ZM ZW').split(' ');

const TEXTS = {
  en: {
    hint: 'Sandbox — test card form', cards: 'Test cards', card: 'Card', number: 'Card number',
    expiry: 'Expiration date', cvc: 'Security code', country: 'Country', zip: 'ZIP', postal: 'Postal code',
    pays: 'pays', declined: 'declined', secure: '3-D Secure', funds: 'insufficient funds', amex: 'American Express, pays',
    terms: 'By providing your card information, you allow {business} to charge your card for future payments in accordance with their terms.',
    incomplete_number: 'Your card number is incomplete.',
    invalid_number: 'Your card number is invalid.',
    incomplete_expiry: "Your card's expiration date is incomplete.",
    invalid_expiry: "Your card's expiration date is invalid.",
    invalid_expiry_year_past: "Your card's expiration year is in the past.",
    invalid_expiry_month_past: "Your card's expiration date is in the past.",
    incomplete_cvc: "Your card's security code is incomplete.",
    incomplete_zip: 'Your postal code is incomplete.',
    incomplete_payment_details: 'Please provide complete payment details.',
  },
  de: {
    hint: 'Sandbox – Testformular für Karten', cards: 'Testkarten', card: 'Karte', number: 'Kartennummer',
    expiry: 'Ablaufdatum', cvc: 'Prüfziffer', country: 'Land', zip: 'ZIP-Code', postal: 'Postleitzahl',
    pays: 'zahlt', declined: 'abgelehnt', secure: '3-D Secure', funds: 'nicht gedeckt', amex: 'American Express, zahlt',
    terms: 'Wenn Sie Ihre Kartendaten angeben, erlauben Sie {business}, Ihre Karte für künftige Zahlungen gemäß deren Bedingungen zu belasten.',
    incomplete_number: 'Die Kartennummer ist unvollständig.',
    invalid_number: 'Die Kartennummer ist ungültig.',
    incomplete_expiry: 'Das Ablaufdatum der Karte ist unvollständig.',
    invalid_expiry: 'Das Ablaufdatum der Karte ist ungültig.',
    invalid_expiry_year_past: 'Das Ablaufjahr der Karte liegt in der Vergangenheit.',
    invalid_expiry_month_past: 'Das Ablaufdatum der Karte liegt in der Vergangenheit.',
    incomplete_cvc: 'Die Prüfziffer der Karte ist unvollständig.',
    incomplete_zip: 'Die Postleitzahl ist unvollständig.',
    incomplete_payment_details: 'Bitte geben Sie die vollständigen Zahlungsdaten an.',
  },
  fr: {
    hint: 'Sandbox — formulaire de carte de test', cards: 'Cartes de test', card: 'Carte', number: 'Numéro de carte',
    expiry: "Date d'expiration", cvc: 'Code de sécurité', country: 'Pays', zip: 'Code ZIP', postal: 'Code postal',
    pays: 'paie', declined: 'refusée', secure: '3-D Secure', funds: 'fonds insuffisants', amex: 'American Express, paie',
    terms: 'En fournissant vos informations de carte, vous autorisez {business} à débiter votre carte pour les paiements futurs conformément à ses conditions.',
    incomplete_number: 'Le numéro de votre carte est incomplet.',
    invalid_number: 'Le numéro de votre carte est invalide.',
    incomplete_expiry: "La date d'expiration de votre carte est incomplète.",
    invalid_expiry: "La date d'expiration de votre carte est invalide.",
    invalid_expiry_year_past: "L'année d'expiration de votre carte est passée.",
    invalid_expiry_month_past: "La date d'expiration de votre carte est passée.",
    incomplete_cvc: 'Le code de sécurité de votre carte est incomplet.',
    incomplete_zip: 'Votre code postal est incomplet.',
    incomplete_payment_details: 'Veuillez fournir des informations de paiement complètes.',
  },
};

// A few of Stripe's test cards, to fill in by a click; the sandbox's page has them all.
const TEST_CARDS = [
  ['4242424242424242', 'pays'],
  ['4000000000000002', 'declined'],
  ['4000002500003155', 'secure'],
  ['4000000000009995', 'funds'],
  ['378282246310005', 'amex'],
];
