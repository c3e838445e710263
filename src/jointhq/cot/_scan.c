/* What a plain CoT event says in its header, without building a tree of it.

Owns: one strict, plain subset of XML, and reading from it what cot.xml asks for. What is in the subset is well-formed,
and scan() returns what the tree would say; of anything else it returns None, and the tree decides. It never refuses.
Doesn't own: which values are acceptable (cot.xml), any XML that is not plain.

Plain: one <event ...>...</event> with nothing around it, ASCII without control characters, no colons in names, no
reference, comment, CDATA, instruction or declaration; a point, and no <marti>: nothing in it has to be written anew.

The NUL behind the bytes of every bytes object is in no class of characters: it ends every loop that looks for one, so
nothing is read past it. No allocation, no recursion, no state.
*/

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { DEPTH_MAX = 64, ATTRIBUTES_MAX = 64, DIGITS_EXACT = 15, NUMBER_CHARS_MAX = 64 };

typedef struct {
    const char *at; /* NULL: not there */
    Py_ssize_t size;
} Text;

typedef struct {
    Text name;
    Text value;
} Attribute;

typedef struct {
    Text name;
    int count;
    bool empty; /* <name/> */
    Attribute attributes[ATTRIBUTES_MAX];
} Tag;

typedef struct {
    Text uid, type, how, access, qos, opex, caveat, releasable_to, callsign;
    Text time, start, stale;
    Text lat, lon, hae, ce, le, course, speed;
} Header;

/* -- characters */

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

static inline bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static inline bool is_name(char c) { return is_name_start(c) || is_digit(c) || c == '-' || c == '.'; }

static inline bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static inline bool is_printable(char c) { return c >= ' ' && c <= '~'; }

/* No '>': so no "]]>" either. */
static inline bool is_text(char c) { return (is_printable(c) && c != '<' && c != '>' && c != '&') || is_space(c); }

static inline bool is_value(char c, char quote) { return is_printable(c) && c != quote && c != '<' && c != '&'; }

static inline bool equal(Text a, Text b) { return a.size == b.size && memcmp(a.at, b.at, (size_t)a.size) == 0; }

static inline bool is(Text text, const char *word) {
    return text.size == (Py_ssize_t)strlen(word) && memcmp(text.at, word, (size_t)text.size) == 0;
}

/* -- tags */

static const char *skip_space(const char *p) {
    while (is_space(*p)) {
        p++;
    }
    return p;
}

/* Read a name; return what is behind it, NULL where none begins. */
static const char *read_name(const char *p, Text *name) {
    if (!is_name_start(*p)) {
        return NULL;
    }
    name->at = p;
    while (is_name(*p)) {
        p++;
    }
    name->size = p - name->at;
    return p;
}

/* Read ` name="value"` as the next attribute of `tag`; return what is behind it, NULL where it isn't plain. */
static const char *read_attribute(const char *p, Tag *tag) {
    if (tag->count == ATTRIBUTES_MAX) {
        return NULL;
    }
    Attribute *new = &tag->attributes[tag->count];
    p = read_name(p, &new->name);
    if (!p || p[0] != '=' || (p[1] != '"' && p[1] != '\'') || is(new->name, "xmlns")) {
        return NULL;
    }
    for (int i = 0; i < tag->count; i++) {
        if (equal(tag->attributes[i].name, new->name)) {
            return NULL;
        }
    }
    char quote = p[1];
    p += 2;
    new->value.at = p;
    while (is_value(*p, quote)) {
        p++;
    }
    new->value.size = p - new->value.at;
    tag->count++;
    return *p == quote ? p + 1 : NULL;
}

/* Read a start tag from behind its '<'; return what is behind its '>', NULL where it isn't plain. */
static const char *read_tag(const char *p, Tag *tag) {
    tag->count = 0;
    p = read_name(p, &tag->name);
    while (p) {
        const char *next = skip_space(p);
        tag->empty = *next == '/';
        if (tag->empty) {
            return next[1] == '>' ? next + 2 : NULL;
        }
        if (*next == '>') {
            return next + 1;
        }
        p = next == p ? NULL : read_attribute(next, tag);
    }
    return NULL;
}

/* Read the end tag of `name` from behind its "</"; return what is behind its '>', NULL where it is another's. */
static const char *read_end_tag(const char *p, Text name) {
    if (strncmp(p, name.at, (size_t)name.size) != 0) {
        return NULL;
    }
    p = skip_space(p + name.size);
    return *p == '>' ? p + 1 : NULL;
}

static Text value_of(const Tag *tag, const char *name) {
    Text wanted = {name, (Py_ssize_t)strlen(name)};
    for (int i = 0; i < tag->count; i++) {
        if (equal(tag->attributes[i].name, wanted)) {
            return tag->attributes[i].value;
        }
    }
    return (Text){NULL, 0};
}

/* -- the event */

static void take_event(const Tag *tag, Header *header) {
    header->uid = value_of(tag, "uid");
    header->type = value_of(tag, "type");
    header->how = value_of(tag, "how");
    header->time = value_of(tag, "time");
    header->start = value_of(tag, "start");
    header->stale = value_of(tag, "stale");
    header->access = value_of(tag, "access");
    header->qos = value_of(tag, "qos");
    header->opex = value_of(tag, "opex");
    header->caveat = value_of(tag, "caveat");
    header->releasable_to = value_of(tag, "releasableTo");
    if (!header->releasable_to.size) {
        header->releasable_to = value_of(tag, "releaseableTo");
    }
}

static void take_point(const Tag *tag, Header *header) {
    header->lat = value_of(tag, "lat");
    header->lon = value_of(tag, "lon");
    header->hae = value_of(tag, "hae");
    header->ce = value_of(tag, "ce");
    header->le = value_of(tag, "le");
}

/* Read the whole document; tell whether it is plain. Of each element the first counts. */
static bool read_event(const char *raw, Py_ssize_t size, Header *header) {
    Text open[DEPTH_MAX];
    Tag tag;
    int depth = 0;
    bool had_point = false, had_detail = false, had_contact = false, had_track = false, in_detail = false;
    const char *p = raw;
    while (*p == '<') {
        if (p[1] == '/') {
            if (!depth || !(p = read_end_tag(p + 2, open[depth - 1]))) {
                return false;
            }
            if (!--depth) {
                return p == raw + size && memcmp(p - 8, "</event>", 8) == 0;
            }
            in_detail = in_detail && depth > 1;
        } else {
            if (!(p = read_tag(p + 1, &tag))) {
                return false;
            }
            if (depth == 0) {
                if (tag.empty || !is(tag.name, "event")) {
                    return false;
                }
                take_event(&tag, header);
            } else if (depth == 1 && !had_point && is(tag.name, "point")) {
                had_point = true;
                take_point(&tag, header);
            } else if (depth == 1 && !had_detail && is(tag.name, "detail")) {
                had_detail = true;
                in_detail = !tag.empty;
            } else if (depth == 2 && in_detail) {
                if (is(tag.name, "marti")) {
                    return false;
                }
                if (!had_contact && is(tag.name, "contact")) {
                    had_contact = true;
                    header->callsign = value_of(&tag, "callsign");
                } else if (!had_track && is(tag.name, "track")) {
                    had_track = true;
                    header->course = value_of(&tag, "course");
                    header->speed = value_of(&tag, "speed");
                }
            }
            if (!tag.empty) {
                if (depth == DEPTH_MAX) {
                    return false;
                }
                open[depth++] = tag.name;
            }
        }
        while (is_text(*p)) {
            p++;
        }
    }
    return false;
}

/* -- values */

/* Read -12.5e-3 and what is shorter, as Python's float() does; tell whether it is that, and finite. */
static bool read_number(Text text, double *value) {
    static const double tens[DIGITS_EXACT + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    if (!text.at || text.size > NUMBER_CHARS_MAX) {
        return false;
    }
    const char *p = text.at, *end = text.at + text.size;
    bool minus = *p == '-';
    p += minus;
    long long mantissa = 0;
    int digits = 0, decimals = 0;
    for (; is_digit(*p); p++, digits++) {
        mantissa = digits < DIGITS_EXACT ? mantissa * 10 + (*p - '0') : 0;
    }
    if (!digits) {
        return false;
    }
    if (*p == '.') {
        for (p++; is_digit(*p); p++, digits++, decimals++) {
            mantissa = digits < DIGITS_EXACT ? mantissa * 10 + (*p - '0') : 0;
        }
        if (!decimals) {
            return false;
        }
    }
    if (p == end && digits <= DIGITS_EXACT && FLT_EVAL_METHOD == 0) {
        /* Both are exact doubles, so their quotient is rounded once: the nearest double there is. */
        *value = (double)mantissa / tens[decimals];
        *value = minus ? -*value : *value;
        return true;
    }
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '-' || p[1] == '+');
        if (!is_digit(*p)) {
            return false;
        }
        while (is_digit(*p)) {
            p++;
        }
    }
    if (p != end) {
        return false;
    }
    char *stop;
    *value = PyOS_string_to_double(text.at, &stop, NULL); /* stops at the quote */
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return false;
    }
    return stop == end && isfinite(*value);
}

/* Read `count` digits as a number; -1 where they are something else. */
static int read_digits(const char *p, int count) {
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (!is_digit(p[i])) {
            return -1;
        }
        number = number * 10 + (p[i] - '0');
    }
    return number;
}

/* Read YYYY-MM-DDThh:mm:ssZ or YYYY-MM-DDThh:mm:ss.fffZ of 1970 or later as milliseconds; tell whether it is that. */
static bool read_time(Text text, long long *ms) {
    const char *p = text.at;
    if (!p || (text.size != 20 && text.size != 24) || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' ||
        p[16] != ':' || p[text.size - 1] != 'Z' || (text.size == 24 && p[19] != '.')) {
        return false;
    }
    int year = read_digits(p, 4), month = read_digits(p + 5, 2), day = read_digits(p + 8, 2);
    int hour = read_digits(p + 11, 2), minute = read_digits(p + 14, 2), second = read_digits(p + 17, 2);
    int millis = text.size == 24 ? read_digits(p + 20, 3) : 0;
    static const int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    if (year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59 || millis < 0) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > days_before[month] - days_before[month - 1] + (leap && month == 2)) {
        return false;
    }
    int years = year - 1; /* whole ones since the year 1, for their leap days; 719,162 days of them before 1970 */
    long long days = 365LL * years + years / 4 - years / 100 + years / 400 - 719162 + days_before[month - 1] + day - 1 +
                     (leap && month > 2);
    *ms = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis;
    return true;
}

/* Return the number as a float, None where it isn't there; tell by `plain` whether it could be read. */
static PyObject *optional_number(Text text, bool *plain) {
    double value;
    if (!text.at) {
        return Py_NewRef(Py_None);
    }
    *plain = *plain && read_number(text, &value);
    return *plain ? PyFloat_FromDouble(value) : Py_NewRef(Py_None);
}

PyDoc_STRVAR(scan_doc, "scan(raw: bytes, /) -> Header | None\n\n"
                       "Return the header of a plain event; None of anything else.");

static PyObject *scan(PyObject *Py_UNUSED(module), PyObject *argument) {
    char *raw;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(argument, &raw, &size) < 0) {
        return NULL;
    }
    Header h = {0};
    long long time, start, stale;
    double lat, lon, hae, ce, le;
    if (!read_event(raw, size, &h) || !read_time(h.time, &time) || !read_time(h.stale, &stale) ||
        !read_time(h.start.at ? h.start : h.time, &start) || !read_number(h.lat, &lat) || !read_number(h.lon, &lon) ||
        !read_number(h.hae, &hae) || !read_number(h.ce, &ce) || !read_number(h.le, &le)) {
        Py_RETURN_NONE;
    }
    bool plain = true;
    PyObject *course = optional_number(h.course, &plain), *speed = optional_number(h.speed, &plain);
    if (!plain) {
        Py_XDECREF(course);
        Py_XDECREF(speed);
        Py_RETURN_NONE;
    }
#define TEXT(text) (text).at ? (text).at : "", (text).size
    return Py_BuildValue("(s#s#s#s#s#s#s#s#LLLddddds#NN)", TEXT(h.uid), TEXT(h.type), TEXT(h.how), TEXT(h.access),
                         TEXT(h.qos), TEXT(h.opex), TEXT(h.caveat), TEXT(h.releasable_to), time, start, stale, lat, lon,
                         hae, ce, le, TEXT(h.callsign), course, speed);
}

static PyMethodDef methods[] = {{"scan", scan, METH_O, scan_doc}, {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "jointhq.cot._scan", .m_methods = methods, .m_slots = slots};

PyMODINIT_FUNC PyInit__scan(void) { return PyModuleDef_Init(&module); }
