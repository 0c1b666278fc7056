"""Fixed texts of the demo model."""

from __future__ import annotations

from typing import Final

IDENTITY: Final = (
    "I am Everthread's built-in demo model. I follow a set of rules and know nothing of the world; I am here "
    "so that you can try every feature before a provider is configured (`OPENAI_API_KEY`).\n\n"
    "Things you can ask me:\n\n"
    "- **Memory:** “Remember that I am vegetarian”, and then, in a new thread, “Give me a dinner idea”\n"
    "- **Code:** “Write a Python function that computes Fibonacci numbers”\n"
    "- **Tables and maths:** “Show me a table of planets”, “Show the quadratic formula”\n"
    "- **Arithmetic:** “What is 12 * 7?”\n"
    "- **Length:** “Tell me a long story about the sea”, “Write 500 words about bread”"
)
LIMITS: Final = (
    "I am only the built-in demo model, so I cannot look this up; ask me “What can you do?” for things that I can."
)
OPENINGS: Final = (
    "You are asking about {topic}.",
    "So this is about {topic}.",
    "Let us talk about {topic}.",
    "That is a good subject: {topic}.",
)

# Asked for the name in another language: pattern, answer, answer when it is not known.
NAME_ELSEWHERE: Final = (
    (r"wie hei(ß|ss)e ich|mein(en)? name", "Du heißt {name}.", "Du hast mir deinen Namen noch nicht gesagt."),
    (r"comment je m'appelle|quel est mon nom", "Tu t'appelles {name}.", "Tu ne m'as pas encore dit ton nom."),
    (r"c[oó]mo me llamo|cu[aá]l es mi nombre", "Te llamas {name}.", "Aún no me has dicho tu nombre."),
)

# Pattern, answer, answer when the name is known.
GREETINGS: Final = (
    (
        r"^\W*(hi|hello|hey|good (morning|afternoon|evening)|howdy|greetings)\b",
        "Hello! What would you like to talk about?",
        "Hello {name}! What would you like to talk about?",
    ),
    (r"\b(thanks|thank you|thx|cheers)\b", "You are welcome!", "You are welcome, {name}!"),
    (
        r"^\W*(bye|goodbye|good night|see you)\b",
        "Goodbye! This thread stays here.",
        "Goodbye, {name}! See you.",
    ),
    (r"\bhow are you\b", "I am well, thank you. How are you?", "I am well, thank you. How are you, {name}?"),
    (
        r"^\W*(hallo|guten (tag|morgen|abend)|servus|moin)\b",
        "Hallo! Ich bin das eingebaute Demo-Modell und spreche vor allem Englisch. Worum geht es?",
        "Hallo {name}! Ich bin das eingebaute Demo-Modell und spreche vor allem Englisch. Worum geht es?",
    ),
    (
        r"^\W*(bonjour|salut|bonsoir)\b",
        "Bonjour ! Je suis le modèle de démonstration et je parle surtout anglais.",
        "Bonjour {name} ! Je suis le modèle de démonstration et je parle surtout anglais.",
    ),
    (
        r"^\W*(hola|buenos d[ií]as|buenas)\b",
        "¡Hola! Soy el modelo de demostración y hablo sobre todo inglés.",
        "¡Hola, {name}! Soy el modelo de demostración y hablo sobre todo inglés.",
    ),
    (
        r"^\W*(danke|merci|gracias)\b",
        "Gern geschehen · de rien · ¡de nada!",
        "{name}: gern geschehen · de rien!",
    ),
)

# What is said when the person does not want a change of their memories.
DECLINED: Final = {
    "remember": "All right, I will not keep that.",
    "update_memory": "All right, I leave it as it was.",
    "forget": "All right, it stays.",
    "search_memories": "All right, I do not look.",
}
# How an answer begins in the language, or the tone, that the person prefers.
GLADLY: Final = {
    "german": "Gern",
    "deutsch": "Gern",
    "french": "Volontiers",
    "français": "Volontiers",
    "spanish": "Con gusto",
    "español": "Con gusto",
    "italian": "Volentieri",
    "dutch": "Graag",
    "portug": "Com prazer",
}
MANNERS: Final = {"formal": "Certainly", "warm": "Gladly", "playful": "With the greatest of pleasure"}

# Dishes: name, what makes it good, what it is suitable for.
DISHES: Final = (
    ("chickpea curry with spinach", "one pot, twenty-five minutes", "vegetarian vegan gluten nut"),
    ("mushroom risotto", "slow stirring, worth it", "vegetarian gluten nut"),
    ("lentil bolognese", "even better the next day", "vegetarian vegan nut"),
    ("vegetable stir-fry with tofu", "ready in fifteen minutes", "vegetarian vegan nut"),
    ("shakshuka", "eggs in a spiced tomato sauce", "vegetarian gluten nut"),
    ("black bean tacos with avocado", "put together at the table", "vegetarian vegan gluten nut"),
    ("roast chicken with lemon", "left to the oven", "gluten nut"),
    ("baked salmon with dill potatoes", "light and quick", "gluten nut"),
    ("beef stew with carrots", "for a long evening", "gluten nut"),
)

FUNCTIONS: Final = {
    "fibonacci": '''def fibonacci(n: int) -> int:
    """Return the n-th Fibonacci number, counting from fibonacci(0) == 0."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
''',
    "prime": '''def is_prime(n: int) -> bool:
    """Return whether n is a prime number."""
    if n < 2:
        return False
    return all(n % d for d in range(2, int(n**0.5) + 1))
''',
    "factorial": '''def factorial(n: int) -> int:
    """Return n! for n >= 0."""
    result = 1
    for factor in range(2, n + 1):
        result *= factor
    return result
''',
    "palindrome": '''def is_palindrome(text: str) -> bool:
    """Return whether text reads the same backwards, ignoring case and punctuation."""
    letters = [c.lower() for c in text if c.isalnum()]
    return letters == letters[::-1]
''',
    "reverse": '''def reverse(text: str) -> str:
    """Return text backwards."""
    return text[::-1]
''',
    "sort": '''def insertion_sort(values: list[int]) -> list[int]:
    """Return the values in ascending order."""
    result: list[int] = []
    for value in values:
        place = len(result)
        while place and result[place - 1] > value:
            place -= 1
        result.insert(place, value)
    return result
''',
    "fizzbuzz": '''def fizzbuzz(n: int) -> list[str]:
    """Return the FizzBuzz words for 1..n."""
    return ["Fizz" * (i % 3 == 0) + "Buzz" * (i % 5 == 0) or str(i) for i in range(1, n + 1)]
''',
}
OTHER_LANGUAGES: Final = {
    "javascript": "export function {name}(items) {{\n  return items.map((item) => item.trim());\n}}\n",
    "typescript": (
        "export function {name}(items: string[]): string[] {{\n  return items.map((item) => item.trim());\n}}\n"
    ),
    "sql": "SELECT name, count(*) AS {name}\nFROM things\nGROUP BY name\nORDER BY {name} DESC;\n",
    "bash": ('#!/usr/bin/env bash\nset -euo pipefail\n\n# {name}\nfor file in *.txt; do\n  wc -w "$file"\ndone\n'),
    "html": '<section id="{name}">\n  <h1>Hello</h1>\n  <p>A small page.</p>\n</section>\n',
}

FORMULAS: Final = {
    "quadratic": (
        "The solutions of $ax^2 + bx + c = 0$ are\n\n$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$\n\n"
        "There are two real ones when the discriminant $b^2 - 4ac$ is positive."
    ),
    "pythagor": ("In a right triangle\n\n$$a^2 + b^2 = c^2$$\n\nwhere $c$ is the side opposite the right angle."),
    "euler": "Euler's identity joins five constants:\n\n$$e^{i\\pi} + 1 = 0$$",
    "gauss": "The Gaussian integral:\n\n$$\\int_{-\\infty}^{\\infty} e^{-x^2}\\,dx = \\sqrt{\\pi}$$",
    "sum": "The sum of the first $n$ numbers:\n\n$$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$$",
}

TABLES: Final = {
    "planet": (
        "| Planet | Diameter (km) | Moons |\n|---|---:|---:|\n| Mercury | 4,879 | 0 |\n"
        "| Venus | 12,104 | 0 |\n"
        "| Earth | 12,742 | 1 |\n| Mars | 6,779 | 2 |"
    ),
    "language": (
        "| Language | Year | Typing |\n|---|---:|---|\n| C | 1972 | static |\n| Python | 1991 | dynamic |\n"
        "| JavaScript | 1995 | dynamic |\n| Rust | 2015 | static |"
    ),
}

# Pieces of long texts; {topic} is what was asked for.
WAYS: Final = (
    "Start small with",
    "Invite a friend to try",
    "Write one page about",
    "Take a walk and think about",
    "Make a plan for",
    "Look back on",
    "Teach somebody",
    "Draw",
    "Set a weekly hour for",
    "Share",
)
STARTS: Final = (
    "At first",
    "Years later",
    "On a quiet morning",
    "In the evening",
    "Long before that",
    "To everyone's surprise",
    "Little by little",
    "In the end",
    "Without a word",
    "When the rain stopped",
)
SUBJECTS: Final = (
    "the old teacher",
    "a traveller",
    "the whole village",
    "nobody",
    "a patient child",
    "the keeper of the archive",
    "the youngest sister",
    "a stranger from the coast",
    "the baker",
    "the night watch",
)
ACTIONS: Final = (
    "wrote down what was known about {topic}",
    "asked a simple question about {topic}",
    "followed the thread back to where {topic} began",
    "found that {topic} had changed everything",
    "told the story of {topic} once more",
    "kept one small piece of {topic} in a drawer",
    "understood why {topic} mattered",
    "learned to see {topic} with other eyes",
)
ENDINGS: Final = (
    "and nothing was lost",
    "because patience is a kind of courage",
    "while the lamps were lit one by one",
    "and the letters kept arriving",
    "as if there had always been time",
    "so that others could carry on",
    "and somebody laughed",
    "until the morning came",
)
