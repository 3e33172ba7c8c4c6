#include "mainstay/webhook_sender/standard_webhooks.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <utility>

#include "mainstay/base/check.h"

namespace mainstay::webhook_sender {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kMaxEncodedBytes = (kMaxSecretBytes + 2) / 3 * 4;

const unsigned char* Data(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string EncodeBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends what it writes with a zero.
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), Data(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// False if `text` is not padded base64 in its only form. REQUIRES: at most kMaxEncodedBytes.
bool DecodeBase64(std::string_view text, std::string& bytes) {
  if (text.empty() || text.size() % 4 != 0) return false;
  std::array<unsigned char, kMaxEncodedBytes> out{};
  const int size = EVP_DecodeBlock(out.data(), Data(text), static_cast<int>(text.size()));
  if (size < 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.assign(reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(size) - padding);
  // OpenSSL forgives blanks at the ends and stray low bits; two texts must never mean one secret.
  return EncodeBase64(bytes) == text;
}

}  // namespace

Result<Secret> Secret::Parse(std::string_view text) {
  if (!text.starts_with(kPrefix)) return InvalidField("secret", "a secret starts with whsec_");
  text.remove_prefix(kPrefix.size());
  std::string bytes;
  if (text.size() > kMaxEncodedBytes || !DecodeBase64(text, bytes)) {
    return InvalidField("secret", "after whsec_ comes base64 of 24 to 64 bytes");
  }
  return FromBytes(bytes);
}

Result<Secret> Secret::FromBytes(std::string_view bytes) {
  if (bytes.size() < kMinSecretBytes || bytes.size() > kMaxSecretBytes) {
    return InvalidField("secret", "a secret has 24 to 64 bytes");
  }
  return Secret(std::string(bytes));
}

std::string Secret::Text() const { return std::string(kPrefix) + EncodeBase64(bytes_); }

std::string Sign(const Secret& secret, std::string_view id, std::int64_t timestamp, std::string_view body) {
  std::string content;
  content.append(id).append(".").append(std::to_string(timestamp)).append(".").append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const unsigned char* done = HMAC(EVP_sha256(), secret.bytes().data(), static_cast<int>(secret.bytes().size()),
                                   Data(content), content.size(), digest.data(), &size);
  MAINSTAY_CHECK(done != nullptr, "OpenSSL has no HMAC-SHA256");
  return "v1," + EncodeBase64({reinterpret_cast<const char*>(digest.data()), size});
}

std::string SignatureHeader(std::span<const Secret> secrets, std::string_view id, std::int64_t timestamp,
                            std::string_view body) {
  MAINSTAY_CHECK(!secrets.empty(), "a webhook without a secret");
  std::string header;
  for (const Secret& secret : secrets) header += (header.empty() ? "" : " ") + Sign(secret, id, timestamp, body);
  return header;
}

}  // namespace mainstay::webhook_sender
