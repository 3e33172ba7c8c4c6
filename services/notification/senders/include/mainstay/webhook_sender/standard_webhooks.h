// Standard Webhooks 1.0.0: HMAC-SHA256 over "id.timestamp.body", base64, with the version prefix "v1,".
//
// Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"

namespace mainstay::webhook_sender {

inline constexpr std::size_t kMinSecretBytes = 24;
inline constexpr std::size_t kMaxSecretBytes = 64;

// A signing key. Its text form is "whsec_" + base64 of the bytes; never log it.
class Secret {
 public:
  // Errors: kInvalidArgument, field "secret": no whsec_ prefix, not base64, not 24 to 64 bytes. The message never
  // contains the secret.
  [[nodiscard]] static Result<Secret> Parse(std::string_view text);
  // From random bytes of the caller. Errors: kInvalidArgument, field "secret": not 24 to 64 bytes.
  [[nodiscard]] static Result<Secret> FromBytes(std::string_view bytes);
  [[nodiscard]] std::string Text() const;
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

// "v1,<base64>". `timestamp` is in seconds since the epoch, as in the webhook-timestamp header.
[[nodiscard]] std::string Sign(const Secret& secret, std::string_view id, std::int64_t timestamp,
                               std::string_view body);
// The webhook-signature header: one signature per secret, separated by spaces, so that a receiver may hold the old or
// the new secret while it rotates. REQUIRES: at least one secret.
[[nodiscard]] std::string SignatureHeader(std::span<const Secret> secrets, std::string_view id, std::int64_t timestamp,
                                          std::string_view body);

}  // namespace mainstay::webhook_sender
