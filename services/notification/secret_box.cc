#include "secret_box.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "random_text.h"

namespace mainstay::notification {
namespace {

constexpr std::string_view kMark = "gcm1:";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 0xf];
  }
  return hex;
}

int Digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

// Empty for what is no hex.
std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = Digit(hex[i]);
    const int low = Digit(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string Sha256(std::string_view text) {
  std::string digest(kKeyBytes, '\0');
  SHA256(Bytes(text), text.size(), Bytes(digest));
  return digest;
}

Error FileError(const std::filesystem::path& path, const char* what) {
  return {ErrorCode::kUnavailable,
          Recovery::kStopTask,
          "cannot " + std::string(what) + " " + path.string() + ": " + std::strerror(errno),
          {}};
}

// Written beside and linked into place: a crash leaves no half key, and of two makers one wins.
Result<void> MakeKeyFile(const std::filesystem::path& path) {
  MAINSTAY_TRY_ASSIGN(bytes, RandomBytes(kKeyBytes));
  MAINSTAY_TRY_ASSIGN(draft_name, RandomId(".key-"));
  const std::filesystem::path draft = path.parent_path() / draft_name;
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return tl::unexpected(FileError(draft, "make"));
  const std::string text = ToHex(bytes) + "\n";
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  close(file);
  const bool placed = written && (link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  Result<void> done{};
  if (!placed) done = tl::unexpected(FileError(path, "make"));
  unlink(draft.c_str());
  return done;
}

Result<std::string> KeyOfFile(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) MAINSTAY_TRY(MakeKeyFile(path));
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || text.size() < kKeyBytes) return tl::unexpected(FileError(path, "read the key of webhook secrets in"));
  return Sha256(text);
}

}  // namespace

Result<SecretBox> SecretBox::Open(const std::string& passphrase, const std::filesystem::path& key_file) {
  if (!passphrase.empty()) {
    if (passphrase.size() < kKeyBytes) return InvalidField("secrets_key", "must have at least 32 bytes");
    return SecretBox(Sha256(passphrase));
  }
  if (key_file.empty()) return SecretBox(std::string());
  MAINSTAY_TRY_ASSIGN(key, KeyOfFile(key_file));
  return SecretBox(std::move(key));
}

Result<std::string> SecretBox::Seal(std::string_view secret) const {
  if (key_.empty()) return std::string(secret);
  MAINSTAY_TRY_ASSIGN(nonce, RandomBytes(kNonceBytes));
  std::string sealed(secret.size(), '\0');
  std::string tag(kTagBytes, '\0');
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const bool done =
      cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key_), Bytes(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), Bytes(sealed), &length, Bytes(secret), static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), Bytes(sealed) + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1;
  if (!done) return Fail(ErrorCode::kInternal, "cannot encrypt a webhook secret");
  return std::string(kMark) + ToHex(nonce + tag + sealed);
}

Result<std::string> SecretBox::Unseal(std::string_view sealed) const {
  if (!sealed.starts_with(kMark)) return std::string(sealed);
  const auto foreign = [] {
    return Fail(ErrorCode::kFailedPrecondition,
                "a webhook secret was encrypted under another key; give that key back or rotate the secret");
  };
  const std::string bytes = FromHex(sealed.substr(kMark.size()));
  if (key_.empty() || bytes.size() < kNonceBytes + kTagBytes) return foreign();
  const std::string_view body = std::string_view(bytes).substr(kNonceBytes + kTagBytes);
  std::string tag = bytes.substr(kNonceBytes, kTagBytes);
  std::string secret(body.size(), '\0');
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const bool done =
      cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key_), Bytes(bytes)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(secret), &length, Bytes(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), Bytes(secret) + length, &length) == 1;
  if (!done) return foreign();
  return secret;
}

}  // namespace mainstay::notification
