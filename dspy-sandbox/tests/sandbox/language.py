print(1, 2.5, "x", None, True, [1,'a'], (1,), {'a':1}, {1}, sep='|', end='!\n')
print(7//2, -7//2, 7%3, -7%3, 7%-3, 2**10, 2**-1, 2**100, 10**20//7, -(10**20)//7, -(10**20)%7)
print(7.5//2, -7.5//2, 7.5%2, -7.5%2, 1e16, 1e15, 123456789.123, 1e-5, 0.0001, 1/3, 1e100, -0.0, 3.0)
print(round(2.5), round(3.5), round(2.675,2), round(1234,-2), round(1250,-2), round(1350,-2), round(-2.5), round(0.5), round(2.5,0))
print(f"{3.14159:.2f} {42:05d} {'x':>5}|{'x':<5}|{'x':^5}| {1234567:,} {1234567.891:,.2f} {0.256:.1%} {255:x} {255:#x} {5:b} {1e10:g} {1234.5:e} {'abc':.2}")
x=5; d={"k":[1,2]}
print(f"{x=} {x!r} {d['k'][0]} {{}} {x:{x}d} {'a' if x else 'b'} {x+1=}")
print("%s %d %5.2f %r %x %%  %-5s| %05d %+d" % ("a", 3.7, 2.5, "q", 255, "z", 42, 7))
print("{} {0}".format(1) if False else "{} {}".format(1,2), "{1} {0} {n:>4}".format(1,2,n=3), "{0[a]} {1[0]}".format({'a':9},[8]))
a,b,*c=[1,2,3,4]; print(a,b,c); (a,b),c=(1,2),3; print(a,b,c); *a,b="xyz"; print(a,b)
for i,(p,q) in enumerate(zip("ab",[1,2]),1): print(i,p,q)
print([x*y for x in range(3) for y in range(3) if x!=y], {x:x**2 for x in range(3)}, {x%2 for x in range(5)}, sum(x for x in range(10)), list(map(lambda a,b:a+b,[1,2],[3,4])), list(filter(None,[0,1,2])))
def f(a,b=2,*args,c,d=4,**kw): return (a,b,args,c,d,kw)
print(f(1,c=3), f(1,2,3,4,c=5,z=6), f(*[1,2],**{'c':9}))
def outer():
    n=0
    def inner():
        nonlocal n
        n+=1
        return n
    inner(); inner()
    return n
print(outer())
g=10
def h():
    global g
    g+=1
h(); print(g)
try:
    1/0
except ZeroDivisionError as e:
    print("caught", e, type(e).__name__)
finally:
    print("fin")
try:
    [][1]
except (KeyError, IndexError) as e: print(repr(e))
else: print("no")
try:
    {}['x']
except KeyError as e: print(e, repr(e), e.args)
try: int("abc")
except ValueError as e: print(e)
try:
    try: raise ValueError("a","b")
    except ValueError: raise
except Exception as e: print(e.args, e)
for i in range(5):
    if i==1: continue
    if i==3: break
else: print("else")
while True:
    x-=1
    if x<0: break
print(x, 1<2<3, 1<3<2, not 1, 1 and 2, 0 or 3, 1 if 0 else 2, None is None, 3 in [1,2], 3 not in [1,2])
s="Hello, World"
print(s[0],s[-1],s[1:4],s[::-1],s[::2],s[5:],s[:-5],s[-3:],s[100:],s.upper(),s.lower(),s.split(", "),s.find("o"),s.rfind("o"),s.count("o"),s.replace("o","0",1),s.index("W"))
print("a b  c".split(), " x ".strip(), "a,b,,c".split(","), "a,b,c".rsplit(",",1), "a b c d".split(None,2), "abc".center(9,'*'), "7".zfill(3), "-7".zfill(4), "x".join(["1","2"]), "abc".title(), "hello world".capitalize(), "hello world".title(), "AbC".swapcase())
print("a\nb\r\nc".splitlines(), "abc".startswith(("x","a")), "a=b=c".partition("="), "a=b=c".rpartition("="), "123".isdigit(), "abc".isalpha(), "a1".isalnum(), " ".isspace(), "ABC".isupper(), "prefix_x".removeprefix("prefix_"))
l=[3,1,2]; l.sort(); print(l, sorted("hello"), sorted([3,1,2],reverse=True), sorted(["bb","a"],key=len), l.pop(), l, l.index(1))
l.insert(0,9); l.extend([7,8]); l.remove(9); print(l, l.count(7), l[::-1], l*2, [0]*3, l+[1]); del l[0]; print(l); l[1:2]=[5,5,5]; print(l); l[::2]=[0,0,0]; print(l); del l[1:3]; print(l)
d={'b':1,'a':2}; d['c']=3; print(d, list(d), d.get('z'), d.get('z',0), d.pop('a'), d, sorted(d.items()), 'b' in d, len(d), d|{'q':1}); d.update(x=1); d.setdefault('y',[]).append(1); print(d, list(d.values()), max(d,key=lambda k:str(d[k])))
print({1,2}|{3}, {1,2}&{2}, {1,2}-{2}, {1,2}^{2,3}, {1}<{1,2}, set([1,1]), set())
print(min(3,1,2), max([1,5,2]), min([],default=None), abs(-3), divmod(7,3), pow(2,10,1000), sum([[1],[2]],[]), any([0,1]), all([]), len("äöü"), ord("a"), chr(97), bin(5), hex(255), list(reversed([1,2,3])), isinstance(1,int), isinstance(True,int), isinstance("a",(int,str)), type(1), type([]).__name__, callable(len))
print(int("12"), int(3.9), int(-3.9), int("ff",16), float("1e3"), float("inf"), str(1.0), bool([]), list("abc"), tuple([1]), dict([(1,2)]), dict(a=1), int("  5 "), int("-7"), int("1_000"))
print(range(5), list(range(5,0,-2)), range(10)[2], range(10)[2:5], 3 in range(5), len(range(0,10,3)))
it=iter([1,2]); print(next(it), next(it), next(it,None))
gen=(x*x for x in range(3)); print(list(gen), list(gen))
print(repr("it's"), repr('a"b'), repr("a'b\"c"), repr("\n\t\\x"), "é", repr("é"), 'a' 'b', r"\n", """t
q""", "\x41\u00e9")
import math, json, re
from collections import Counter, defaultdict
from functools import reduce
import itertools
print(math.sqrt(16), math.floor(-2.5), math.ceil(2.1), math.pi, math.factorial(20), math.factorial(25), math.comb(10,3), math.gcd(12,18), math.log(100,10), math.log2(8), math.hypot(3,4), math.isclose(0.1+0.2,0.3), math.prod([1,2,3]), math.perm(5,2), math.isqrt(17), math.trunc(-2.7), math.lcm(4,6))
print(json.dumps({"a":[1,2.5,None,True,"é\n"]}), json.dumps({"a":1,"b":[]},indent=2), json.loads('{"x": [1, 2.5, "a", null, true]}'), json.dumps("é",ensure_ascii=False), json.dumps({"b":1,"a":2},sort_keys=True), json.dumps({1:2}), json.dumps([]), json.dumps({}, indent=1))
print(re.findall(r"\d+","a1b22"), re.sub(r"(\w)(\d)",r"\2\1","a1 b2"), re.search(r"b(\d+)","ab12").group(1), re.match("x","ax"), re.split(r"[,;]\s*","a, b;c"), re.findall(r"(\w)=(\d)","a=1 b=2"), re.sub("a",lambda m:m.group().upper(),"banana"), re.fullmatch("a+","aaa").span(), [m.start() for m in re.finditer("a","banana")], re.match(r"(?P<y>\d{4})","2024-").groupdict(), re.findall("A","aA",re.I), re.split("(,)","a,b"), re.sub("","-","ab"), re.compile("x").pattern)
print(Counter("banana").most_common(2), Counter("abca"), defaultdict(int)["x"], reduce(lambda a,b:a*b,[1,2,3,4]), list(itertools.combinations("abc",2)), list(itertools.permutations([1,2,3],2)), list(itertools.product([1,2],"ab")), list(itertools.chain([1],[2])), list(itertools.accumulate([1,2,3])), [(k,list(g)) for k,g in itertools.groupby("aab")], list(itertools.islice(range(10),2,8,2)))
dd=defaultdict(list); dd['a'].append(1); print(dict(dd)); c=Counter(); c['x']+=1; c.update("xy"); print(c['x'], c['zz'], dict(c), Counter("ab")+Counter("b"))
import statistics as st
print(st.mean([1,2,3]), st.mean([1,2]), st.median([3,1,2]), st.median([1,2,3,4]), st.mode([1,1,2]), round(st.stdev([1,2,3,4]),6))
if (n:=len("abc"))>2: print(n)
print([y for x in [1,2] if (y:=x*2)], y)
assert 1==1, "x"
try: assert 1==2, "bad"
except AssertionError as e: print(e)
print(1==1.0, hash if False else "", {1:'a',1.0:'b',True:'c'}, (1,2)<(1,3), [1]==[1], "a"<"b", 1!=2, [1,2]<[1,2,3])
x = [1,2,3]; y = x; y.append(4); print(x); x += [5]; print(y); x = x + [6]; print(y)
print("abc"*2, "-"*10, 0.1+0.2, 10/2, 2**0.5, 1e308*10, -3 % 5, 5 % -3, 1_000_000, 0xff, 0b11, 0o17, 1., .5)
matrix=[[1,2],[3,4]]; print([list(r) for r in zip(*matrix)], [[c*2 for c in r] for r in matrix])
print(*[1,2,3], *"ab"); print({**{'a':1},'b':2}, [*range(3),9]); print((lambda *a,**k:(a,k))(1,b=2)); print("yes" if "a" in {"a":1} else "no")
def fib(n): return n if n<2 else fib(n-1)+fib(n-2)
print(fib(15)); print(str([1,[2,(3,)],{'a':{'b':None}}])); print(sorted({'b':1,'a':2}.items(), key=lambda kv: -kv[1])); print(" ".join(f"{k}={v}" for k,v in {'a':1}.items()))
print("tab\tx".expandtabs() if False else "", "a-b_c".replace("-"," ").replace("_"," "), "x".ljust(3)+"|", "Straße".upper(), "ΑΣ".lower())
print(3 .bit_length() if False else (8).bit_length(), (2.0).is_integer(), "abc".translate(str.maketrans("ab","xy")), str.join(",",["a","b"]), list(map(str.upper,["a"])), list(map(int,["1","2"])))
print(f"{'nested ' + f'{1+1}'}", f"{[1,2,3]!r:>12}", f"{-5:+}", f"{5: }", f"{1e-7}", f"{100000000000000000000}", f"{True}", f"{None}", f"{3.0}", f"{1/3:.3}", f"{12345.678:10.1f}|", f"{'a,b'.split(',')}")
print(1 / 10**320 * 10**10, 10**300 / 10**310, 7**300 / 7**299, 1 / 10**305, -(2**63) // -1, -(2**63) % -1, abs(-(2**63)), (2**63 - 1) + 1, -(-2**63), 1 << 62, 1 << 63, -1 << 63, -5 >> 1, 2**64 >> 3, 5 ^ 3, ~5, 6 & 3)
print(round(12345678901234567890, -3), round(15, -1), round(25, -1), round(-15, -1), 10**25 // 7**3, -(10**25) % 7**3, divmod(-7, 2), divmod(7.5, -2), float(10**25), int(1e25), hex(-255), 3 ** -2, (-8) ** 2, -8 ** 2, 2**0.5 * 2**0.5)
print(sorted(["b", "A", "a"], key=str.lower), sorted([(2, "b"), (1, "z"), (2, "a")]), sorted([1.5, 1, 2], reverse=True), max("a", "b", key=lambda c: -ord(c)), min([3, 1, 2], key=lambda x: -x), sum([1, 2.5]), [1, 2] > [1], "b" > "abc")
def gen(n, *, scale=1, **rest):
    "Documented."
    total = 0
    for i in range(n):
        if i % 2: continue
        total += i * scale
    else:
        total += 100
    return total, rest
print(gen(5), gen(5, scale=2, x=1), [gen(i)[0] for i in range(3)])
try:
    gen()
except TypeError as e:
    print("TypeError")
def counter():
    counts = {}
    def add(x, *xs):
        for item in (x, *xs): counts[item] = counts.get(item, 0) + 1
        return counts
    return add
c = counter(); c("a"); print(c("b", "a", "a"))
x = 10
def shadow():
    x = 5
    return [x + y for y in range(2)], (lambda: x)()
print(shadow(), x, [x for x in range(3)], x)
a = b = []
a.append(1); print(b, a is b, a == b, a is not b)
d = {"x": {"y": [1, 2, {"z": 3}]}}
d["x"]["y"][2]["z"] += 1; d["x"]["new"] = d["x"]["y"][:2]; print(d)
for k, v in sorted({"b": [1], "a": [2, 3]}.items()): print(k, len(v), *v)
text = "line one\nline two\n\nline four"
for n, line in enumerate(text.split("\n"), start=1):
    if not line: continue
    print(f"{n:>3}: {line!r:<14}|{len(line):03d}|{line.split()[-1].upper():^8}|")
try:
    try:
        raise KeyError("k")
    except KeyError as e:
        raise ValueError(f"bad {e}") from e
    finally:
        print("finally")
except (ValueError, TypeError) as e:
    print(type(e).__name__, e)
def early():
    try:
        return "try"
    finally:
        print("cleanup")
print(early())
i = 0
while i < 3:
    i += 1
    if i == 2: continue
else:
    print("while else", i)
print({**{"a": 1}, "a": 2}, [*"ab", *[1]], {*[1, 1, 2]}, (*[1], 2), "%s-%s" % ("a", 1), "%(k)s %(n)03d" % {"k": "v", "n": 7})
print("a,b;c".replace(";", ",").split(","), "  x  y ".split(" "), "abcabc".rindex("b"), "abc".find("z"), "x=1&y=2".split("&", 1), "Mississippi".count("ss"), "\tx\n".strip(), "xxabxx".strip("x"), "a-b".partition("+"))
