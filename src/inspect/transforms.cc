// SPDX-License-Identifier: GPL-2.0-or-later
// Suricata's transforms: https://docs.suricata.io/en/suricata-7.0.10/rules/transforms.html
#include "base64.h"
#include "regex_search.h"

#include "nfsieve/inspect/check_runner.h"

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

namespace nfsieve {
namespace {

bool is_space(std::uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

char lower(std::uint8_t byte) {
    return static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
}

char upper(std::uint8_t byte) {
    return static_cast<char>(byte >= 'a' && byte <= 'z' ? byte & ~0x20 : byte);
}

int hex_digit(std::uint8_t byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    const int letter = byte | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

void strip_whitespace(Bytes bytes, std::string& result) {
    for (const std::uint8_t byte : bytes)
        if (!is_space(byte))
            result.push_back(static_cast<char>(byte));
}

/// Of a run of blanks the first one stays, whichever it is.
void compress_whitespace(Bytes bytes, std::string& result) {
    bool blank = false;
    for (const std::uint8_t byte : bytes) {
        if (!blank || !is_space(byte))
            result.push_back(static_cast<char>(byte));
        blank = is_space(byte);
    }
}

void url_decode(Bytes bytes, std::string& result) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] == '%' && i + 2 < bytes.size() && hex_digit(bytes[i + 1]) >= 0 &&
            hex_digit(bytes[i + 2]) >= 0) {
            result.push_back(static_cast<char>(hex_digit(bytes[i + 1]) << 4 | hex_digit(bytes[i + 2])));
            i += 2;
        } else {
            result.push_back(bytes[i] == '+' ? ' ' : static_cast<char>(bytes[i]));
        }
    }
}

/// Lines that begin with a colon go, with their line ends (HTTP/2's pseudo headers).
void strip_pseudo_headers(Bytes bytes, std::string& result) {
    bool line_begins = true, pseudo = false;
    for (const std::uint8_t byte : bytes) {
        if (line_begins && byte == ':')
            pseudo = true;
        if (!pseudo)
            result.push_back(static_cast<char>(byte));
        line_begins = line_begins ? byte == '\r' || byte == '\n' : byte == '\n';
        if (line_begins)
            pseudo = false;
    }
}

/// Names only: up to the colon.
void header_lowercase(Bytes bytes, std::string& result) {
    bool name = true;
    for (const std::uint8_t byte : bytes) {
        result.push_back(name ? lower(byte) : static_cast<char>(byte));
        name = name ? byte != ':' : byte == '\n';
    }
}

void apply_xor(Bytes bytes, const std::string& key, std::string& result) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
        result.push_back(static_cast<char>(bytes[i] ^ static_cast<std::uint8_t>(key[i % key.size()])));
}

template <class Context, std::size_t size>
void digest(Bytes bytes, std::string& result, void (*init)(Context*),
            void (*update)(Context*, std::size_t, const std::uint8_t*),
            void (*finish)(Context*, std::size_t, std::uint8_t*)) {
    Context context;
    init(&context);
    update(&context, bytes.size(), bytes.data());
    std::uint8_t value[size];
    finish(&context, size, value);
    result.append(as_text(value));
}

} // namespace

struct TransformRunner::State {
    RegexSearch regexes;
    std::string other; ///< takes turns with the caller's scratch
};

TransformRunner::TransformRunner() : state_(std::make_unique<State>()) {}
TransformRunner::~TransformRunner() = default;

Bytes TransformRunner::run(const CompiledTransforms& transforms, Bytes bytes, std::string& scratch) {
    using Kind = Transform::Kind;
    std::string* holder = nullptr; // of `bytes`, where they are not the caller's
    for (const CompiledTransforms::Step& step : transforms.steps()) {
        if (step.transform.kind == Kind::pcrexform) {
            std::int64_t budget = CheckRunner::regex_step_limit;
            std::size_t begin = 0, end = 0;
            const RegexMatch match = state_->regexes.find(step.regex, {bytes, 0, true, false}, budget);
            if (match.kind == RegexMatch::Kind::found && state_->regexes.first_group(begin, end))
                bytes = bytes.subspan(begin, end - begin);
            continue;
        }
        std::string& result = holder == &scratch ? state_->other : scratch;
        result.clear();
        switch (step.transform.kind) {
        case Kind::dotprefix:
            result.push_back('.');
            result.append(as_text(bytes));
            break;
        case Kind::to_lowercase:
            for (const std::uint8_t byte : bytes)
                result.push_back(lower(byte));
            break;
        case Kind::to_uppercase:
            for (const std::uint8_t byte : bytes)
                result.push_back(upper(byte));
            break;
        case Kind::strip_whitespace:
            strip_whitespace(bytes, result);
            break;
        case Kind::compress_whitespace:
            compress_whitespace(bytes, result);
            break;
        case Kind::strip_pseudo_headers:
            strip_pseudo_headers(bytes, result);
            break;
        case Kind::header_lowercase:
            header_lowercase(bytes, result);
            break;
        case Kind::url_decode:
            url_decode(bytes, result);
            break;
        case Kind::from_base64:
            decode_base64(bytes, true, result);
            if (result.empty())
                continue;
            break;
        case Kind::xor_key:
            apply_xor(bytes, step.transform.argument, result);
            break;
        case Kind::to_md5:
            digest<md5_ctx, MD5_DIGEST_SIZE>(bytes, result, nettle_md5_init, nettle_md5_update,
                                             nettle_md5_digest);
            break;
        case Kind::to_sha1:
            digest<sha1_ctx, SHA1_DIGEST_SIZE>(bytes, result, nettle_sha1_init, nettle_sha1_update,
                                               nettle_sha1_digest);
            break;
        case Kind::to_sha256:
            digest<sha256_ctx, SHA256_DIGEST_SIZE>(bytes, result, nettle_sha256_init, nettle_sha256_update,
                                                   nettle_sha256_digest);
            break;
        case Kind::domain:
        case Kind::pcrexform:
            continue;
        }
        holder = &result;
        bytes = as_bytes(result);
    }
    if (holder == &state_->other) {
        scratch.assign(as_text(bytes));
        bytes = as_bytes(scratch);
    }
    return bytes;
}

} // namespace nfsieve
